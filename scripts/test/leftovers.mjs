// Tests leave nothing behind: every run has a mark in the environment of what it starts and a folder for temporary files, and
// afterwards nothing may carry the one or be in the other. What is found is a failure; then it is ended and removed.
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Servers that were told to end may take a moment. */
const PATIENCE_MS = 10_000;

/** Node's cache of compiled code, which tsc and others switch on. */
const NOT_OURS = ['node-compile-cache'];

/** `{env}` for everything the run starts and `findings()`, to be called once when it is over. */
export function watchForLeftovers(env) {
  // Short: the path of a Unix socket has 108 bytes. Open to all: Postgres runs as another user when tests run as root.
  const folder = env.HOLDPOINT_TEST_TMPDIR ?? mkdtempSync(join(tmpdir(), 'hp-'));
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
  let left = strays(mark, folder);
  for (const end = Date.now() + PATIENCE_MS; left.length > 0 && Date.now() < end; left = strays(mark, folder)) await delay(200);
  for (const { pid } of left) attempt(() => process.kill(pid, 'SIGKILL'));
  return finding('no process is left', left.map(({ pid, where }) => `${pid} ${where}`));
}

const filesLeft = (folder) => finding('no temporary file is left', readdirSync(folder).filter((name) => !NOT_OURS.includes(name)));

function finding(name, left) {
  process.stdout.write(`${left.length === 0 ? 'ok' : 'FAILED'}  ${name}\n${left.map((line) => `  - ${line}\n`).join('')}`);
  return { name, ok: left.length === 0 };
}

/** By the mark; and, as some are started with an empty environment, by a program, folder or argument inside the folder. */
function strays(mark, folder) {
  const ours = ancestry();
  return pids().filter((pid) => !ours.has(pid)).flatMap((pid) => {
    const where = `${link(pid, 'exe')} ${link(pid, 'cwd')} ${read(pid, 'cmdline').replaceAll('\0', ' ')}`;
    const isMarked = read(pid, 'environ').split('\0').includes(`HOLDPOINT_CI=${mark}`);
    return isMarked || where.includes(`${folder}/`) ? [{ pid, where }] : [];
  });
}

/** This process and what started it: a mark that CI has set is in their environment too. */
function ancestry() {
  const found = new Set();
  for (let pid = process.pid; pid > 1 && !found.has(pid); pid = Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0)) found.add(pid);
  return found;
}

/** Where there is no /proc, nothing is found. */
function pids() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

const attempt = (action) => {
  try {
    return action();
  } catch {
    return '';
  }
};
const read = (pid, name) => attempt(() => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
const link = (pid, name) => attempt(() => readlinkSync(`/proc/${pid}/${name}`));
