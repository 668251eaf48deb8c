/** `ssh host tail -F file` for each run: clients that read the same lines and keep nothing. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchHost } from '../b1/host.ts';
import { WRITER_FILE } from '../b1/agent.ts';
import { usageOf, type Usage } from './usage.ts';

export interface AnchorParts {
  dir: string;
  path: string;
  host: BenchHost;
}

/** What setting up takes is not measured. */
const SETTLE_MS = 3_000;
const SIGN_IN_MS = 200;
const BYTES = 400;

const pidOf = (child: ChildProcess): number => child.pid ?? 0;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

function startWriter(file: string, perSecond: number): ChildProcess {
  const out = openSync(file, 'a');
  const args = ['--disable-warning=ExperimentalWarning', WRITER_FILE, String(Number.MAX_SAFE_INTEGER), String(perSecond), String(BYTES)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', out, 'inherit'], env: {} });
  closeSync(out);
  return child;
}

function startTail({ dir, path, host }: AnchorParts, file: string): ChildProcess {
  const args = ['-F', host.configFile, '-o', 'BatchMode=yes', host.alias, `tail -n +1 -F '${file}' 2>/dev/null`];
  return spawn('ssh', args, { cwd: dir, env: { PATH: path }, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** One round. */
export async function anchorRound(parts: AnchorParts, name: string, { runs, perSecond, windowMs }: { runs: number; perSecond: number; windowMs: number }): Promise<Usage> {
  const files = Array.from({ length: runs }, (_, n) => join(parts.dir, `${name}-${n}.jsonl`));
  files.forEach((file) => writeFileSync(file, ''));
  const writers = files.map((file) => startWriter(file, perSecond));
  const tails: ChildProcess[] = [];
  try {
    for (const file of files) {
      tails.push(startTail(parts, file));
      // More clients that sign in at once than sshd takes (MaxStartups) are turned away.
      await sleep(SIGN_IN_MS);
    }
    await sleep(Math.min(SETTLE_MS, windowMs));
    return await usageOf(tails.map(pidOf), windowMs);
  } finally {
    await Promise.all([...writers, ...tails].map(ended));
    // Nobody reads any more: each remote tail learns of it when it writes.
    files.forEach((file) => appendFileSync(file, '{}\n'));
  }
}
