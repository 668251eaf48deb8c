// One bootstrap at a time per folder. The lock is a folder that names its holder; that of a dead holder is taken over.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './say.mjs';

/** A lock without a holder's name is one whose maker died between two calls. */
const NAMELESS_MS = 5_000;

/** Runs the action while holding the lock; waits for a living holder as long as it takes. */
export async function locked(folder, action) {
  mkdirSync(dirname(folder), { recursive: true });
  let told = false;
  while (!take(folder)) {
    const pid = holder(folder);
    if (isStale(folder, pid)) discard(folder);
    else {
      if (!told) say(`another start-up is at work here${pid ? ` (process ${pid})` : ''}: waiting for it`);
      told = true;
      await delay(100);
    }
  }
  try {
    return await action();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function take(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(folder, 'holder'), `${process.pid} ${startOf(process.pid) ?? ''}`);
  return true;
}

function holder(folder) {
  const [pid] = holderLine(folder);
  return pid || undefined;
}

function holderLine(folder) {
  try {
    const [pid, start] = readFileSync(join(folder, 'holder'), 'utf8').split(' ');
    return [Number(pid), start ?? ''];
  } catch {
    return [0, ''];
  }
}

function isStale(folder, pid) {
  if (!pid) return ageOf(folder) > NAMELESS_MS;
  if (!isAlive(pid)) return true;
  const [, start] = holderLine(folder);
  return start !== '' && startOf(pid) !== undefined && startOf(pid) !== start;
}

// Renamed first: of two that find it stale, only one discards it, and neither a fresh one.
function discard(folder) {
  const away = `${folder}.stale-${process.pid}-${Date.now()}`;
  try {
    renameSync(folder, away);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  rmSync(away, { recursive: true, force: true });
}

function ageOf(folder) {
  try {
    return Date.now() - statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Start mark of a process where the system tells it: a pid may be used again. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
