// Processes that a run of tests has left. By its mark in the environment; and, as some are started with an empty one, by a program,
// working folder or argument below a folder of the run. Where there is no /proc, none are found. As a program, for .ci/run:
// `strays.mjs MARK FOLDER…` lists them; exit code 1 when there are any.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** Servers that were told to end may take a moment. */
const PATIENCE_MS = 60_000;

/** Returns `[{pid, where}]`, at once when there are none. */
export async function straysAfterPatience(mark, folders) {
  const end = Date.now() + PATIENCE_MS;
  let left = strays(mark, folders);
  while (left.length > 0 && Date.now() < end) {
    await delay(200);
    left = strays(mark, folders);
  }
  return left;
}

function strays(mark, folders) {
  const callers = ancestry();
  return pids().filter((pid) => !callers.has(pid)).flatMap((pid) => {
    const where = `${link(pid, 'exe')} ${link(pid, 'cwd')} ${read(pid, 'cmdline').replaceAll('\0', ' ').trim()}`;
    const isMarked = read(pid, 'environ').split('\0').some((entry) => entry.startsWith(`HOLDPOINT_CI=${mark}`));
    return isMarked || folders.some((folder) => where.includes(`${folder}/`)) ? [{ pid, where }] : [];
  });
}

/** This process and what called it: they carry the mark, or name the folder, as well. */
function ancestry() {
  const found = new Set();
  for (let pid = process.pid; pid > 1 && !found.has(pid); pid = Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0)) found.add(pid);
  return found;
}

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
    return ''; // it has ended, or is not ours to look into
  }
};
const read = (pid, name) => attempt(() => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
const link = (pid, name) => attempt(() => readlinkSync(`/proc/${pid}/${name}`));

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [mark, ...folders] = process.argv.slice(2);
  const left = await straysAfterPatience(mark, folders);
  for (const { pid, where } of left) process.stdout.write(`${pid} ${where}\n`);
  process.exitCode = left.length === 0 ? 0 : 1;
}
