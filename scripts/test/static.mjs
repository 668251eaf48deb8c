// Types and lint: neither type stripping nor swc checks a type. Both at once, each counted as one test.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const CHECKS = [
  { name: 'types (tsc --noEmit)', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  { name: 'lint (eslint)', args: ['node_modules/eslint/bin/eslint.js', '.'] },
];

/** Returns `[{name, ok}]`; what a failed one said is printed. */
export const runStatic = ({ root, node, env }) => Promise.all(CHECKS.map((check) => runCheck(root, node, env, check)));

function runCheck(root, node, env, { name, args: [script, ...args] }) {
  return new Promise((resolve) => {
    const child = spawn(node, [join(root, script), ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.once('close', (code) => {
      process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'}  ${name}\n`);
      if (code !== 0) process.stdout.write(`${Buffer.concat(said)}\n`);
      resolve({ name, ok: code === 0 });
    });
  });
}
