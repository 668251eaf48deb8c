// Runs one program to its end for a step of the bootstrap. Its output goes to stderr; when it is quiet, only on failure.
import { spawn } from 'node:child_process';
import { Stop } from './say.mjs';

/** The cause stands first or last in what a failed program says, never in the middle. */
const KEPT = 2000;

/** Resolves when the program ends well; throws Stop with `failure` and the last of its output otherwise. */
export function run(file, args, { cwd, env, failure }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const collect = (chunk) => (said = shortened(said + chunk));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => reject(new Stop(`${failure} (${error.message})`)));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Stop(`${failure}\n${said.trim()}`))));
  });
}

const shortened = (text) => (text.length <= 2 * KEPT ? text : `${text.slice(0, KEPT)}${text.slice(-KEPT)}`);
