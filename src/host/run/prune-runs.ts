/**
 * Run directories do not pile up: what a run has written goes first, when there are too many whose output is stored elsewhere; the
 * little that says "this key was started, and ended so" stays until it is old, so that no late request starts it again. A run that is
 * alive, or may be, is never touched.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, HostError } from '../host-error.ts';
import { readJson } from '../durable.ts';
import { bootId, isAlive } from '../proc.ts';
import { readChild, readCommand, readStarted, runMarker } from './run-files.ts';
import { stateOf } from './run-state.ts';
import { removeAbandonedScopes } from './scope.ts';
import { carriersOf } from './sweep.ts';

export interface KeepRuns {
  /** Older runs go altogether, stored or not. */
  days: number;
  /** So many stored runs keep what they have written. */
  count: number;
}

export const KEEP_RUNS: KeepRuns = { days: 30, count: 200 };

/** `runs` of `settings.json` in the state folder, over the defaults. `bad_input` for anything else than numbers of 1 or more. */
export async function keepSettings(stateDir: string): Promise<KeepRuns> {
  const file = join(stateDir, 'settings.json');
  const { runs = {} } = ((await readJson(file)) ?? {}) as { runs?: Partial<KeepRuns> };
  const keep = { ...KEEP_RUNS, ...runs };
  for (const name of ['days', 'count'] as const) {
    if (!Number.isFinite(keep[name]) || keep[name] < 1) throw new HostError('bad_input', `${file}: runs.${name} must be a number, 1 or more`);
  }
  return keep;
}

interface Ended {
  dir: string;
  endedAt: number;
  stored: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** What stays of a run whose output is gone: that it was started, and how it ended. */
const KEPT = new Set(['started', 'child', 'exit', 'stored']);
const PRUNED = '.pruned-';

/** May be repeated, and done by several at once. */
export async function pruneRuns(stateDir: string, keep: KeepRuns): Promise<void> {
  const runs = join(stateDir, 'runs');
  const names = await readdir(runs).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(PRUNED))) await rm(join(runs, name), { recursive: true, force: true });
  const ended: Ended[] = [];
  for (const name of names.filter((one) => /^[0-9a-f]{20}$/.test(one))) {
    const run = await endedRun(join(runs, name));
    if (run) ended.push(run);
  }
  const old = ended.filter(({ endedAt }) => endedAt < Date.now() - keep.days * DAY_MS);
  for (const { dir } of old) await removeWhole(dir);
  const stored = ended.filter((run) => run.stored && !old.includes(run)).sort((a, b) => b.endedAt - a.endedAt);
  for (const { dir } of stored.slice(keep.count)) await removeOutput(dir);
}

/** Undefined while it is alive, or may be, or has not been started. */
async function endedRun(dir: string): Promise<Ended | undefined> {
  const { kind } = await stateOf(dir);
  if (kind !== 'exited' && !(kind === 'lost' && (await isQuiet(dir)))) return undefined;
  const { mtimeMs } = await stat(join(dir, kind === 'exited' ? 'exit' : 'started'));
  return { dir, endedAt: mtimeMs, stored: await stat(join(dir, 'stored')).then(() => true, () => false) };
}

/** The agent of a lost run may have outlived its supervisor. */
async function isQuiet(dir: string): Promise<boolean> {
  const [command, started, child] = await Promise.all([readCommand(dir), readStarted(dir), readChild(dir)]);
  if (!started || started.bootId !== bootId()) return true;
  return !(child && isAlive(child)) && carriersOf(runMarker(command?.key ?? started.key)).length === 0;
}

/** Out of sight first: nobody finds half a run. */
async function removeWhole(dir: string): Promise<void> {
  const doomed = join(dir, '..', `${PRUNED}${Math.random().toString(36).slice(2)}`);
  await rename(dir, doomed);
  await rm(doomed, { recursive: true, force: true });
}

async function removeOutput(dir: string): Promise<void> {
  const names = await readdir(dir);
  for (const name of names.filter((one) => !KEPT.has(one))) await rm(join(dir, name), { recursive: true, force: true });
}

/** Logs of supervisors that were killed while they waited for a run. */
async function removeOldLogs(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - DAY_MS) await rm(join(folder, name), { force: true });
  }
}

/** At most so often in one program: it looks at every run. */
const EVERY_MS = 60 * 60 * 1000;

/** Prunes when asked, unless it has done so lately. Never throws: what goes wrong is said in the log, and nothing is pruned. */
export class Pruner {
  readonly #stateDir: string;
  #last = Number.NEGATIVE_INFINITY;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  async prune(): Promise<void> {
    if (performance.now() - this.#last < EVERY_MS) return;
    this.#last = performance.now();
    try {
      removeAbandonedScopes();
      await removeOldLogs(join(this.#stateDir, 'waiting'));
      await pruneRuns(this.#stateDir, await keepSettings(this.#stateDir));
    } catch (error) {
      process.stderr.write(`runs are not pruned: ${errorText(error)}\n`);
    }
  }
}
