// Tests leave nothing behind: every run has a mark in the environment of what it starts and a folder for temporary files, and
// afterwards nothing may carry the one or be in the other. What is found is a failure; then it is ended and removed.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { straysAfterPatience } from './strays.mjs';

/**
 * What other programs keep there: one per machine and user, Node's cache of compiled code and Claude Code's folders; and a file
 * that Claude Code's Bash tool takes away itself unless it is killed, which is what some tests do.
 */
const NOT_OURS = /^(node-compile-cache|claude-\d+|cc-socks|claude-[0-9a-f]+-cwd)$/;

/** `{env}` for everything the run starts and `findings()`, to be called once when it is over. */
export function watchForLeftovers(env) {
  // Short: the path of a Unix socket has 108 bytes. Open to all: Postgres runs as another user when tests run as root.
  const folder = mkdtempSync(join(tmpdir(), 'hp-'));
  chmodSync(folder, 0o1777);
  // Ours alone: what runs beside us in CI carries CI's.
  const mark = `${env.HOLDPOINT_CI ?? 'test'}.${process.pid}.${Date.now()}`;
  return {
    env: { HOLDPOINT_CI: mark, TMPDIR: folder },
    findings: async () => {
      const found = [await processesLeft(mark, folder), filesLeft(folder)];
      rmSync(folder, { recursive: true, force: true });
      return found;
    },
  };
}

async function processesLeft(mark, folder) {
  const left = await straysAfterPatience(mark, [folder]);
  for (const { pid } of left) kill(pid);
  return finding('no process is left', left.map(({ pid, where }) => `${pid} ${where}`));
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}

const filesLeft = (folder) => finding('no temporary file is left', readdirSync(folder).filter((name) => !NOT_OURS.test(name)));

function finding(name, left) {
  process.stdout.write(`${left.length === 0 ? 'ok' : 'FAILED'}  ${name}\n${left.map((line) => `  - ${line}\n`).join('')}`);
  return { name, ok: left.length === 0 };
}
