/**
 * B9: a file changes while a turn runs → the row that tells of it is committed, among 10,000 and 100,000 files over OpenSSH.
 * Beside chokidar alone, which watches the same files in this process; that none is missing at the end of the turn is required.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { seededRandom } from '../../src/domain/random.ts';
import { whatIsMissing } from '../b1/host.ts';
import { allow } from '../b1/agent.ts';
import { openObserver, type Watch } from '../b1/observer.ts';
import { startRun, startWorkerParts, until, untilItRests, type OurParts } from '../b1/ours.ts';
import { makeFiles } from '../b7/files.ts';
import type { Benchmark, Context, Round, Samples, Series } from '../benchmark.ts';
import { median } from '../stats.ts';
import { changeAll, hear, makeChangeable, numberOf, NUMBER_OF_ROW } from './changes.ts';

const SIZES = { '10k': 10_000, '100k': 100_000 };
const FULL = { rounds: 6, changes: 40, part: 1, gap: { leastMs: 100, mostMs: 1_000 }, patienceMs: 30_000 };
const SMOKE = { rounds: 1, changes: 3, part: 100, gap: { leastMs: 50, mostMs: 100 }, patienceMs: 120_000 };
const SEED = 9;

type Close = (() => Promise<unknown>)[];
type Settings = typeof FULL;

async function startParts(context: Context, close: Close): Promise<OurParts> {
  const parts = await startWorkerParts(context, close);
  const observer = await openObserver(parts.databaseUrl);
  close.push(() => observer.close());
  await observer.install('file_change', NUMBER_OF_ROW);
  return { ...parts, observer };
}

async function openWatcher(workspace: string): Promise<FSWatcher> {
  const watcher = watch(workspace, { followSymlinks: false, ignoreInitial: true, atomic: false });
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return watcher;
}

interface Scene {
  workspace: string;
  seen: Watch;
  heard: Map<number, bigint>;
  random: () => number;
}

const since = (at: bigint, written: bigint): number => Number(at - written) / 1e6;

/** `numbers`: of files that have not changed yet, each higher than those before. */
async function round({ workspace, seen, heard, random }: Scene, numbers: readonly number[], { gap, patienceMs }: Settings): Promise<Round> {
  const written = await changeAll(workspace, numbers, random, gap);
  const last = numbers.at(-1) ?? 0;
  await seen.committed(last, patienceMs);
  await until('chokidar to hear of all changes', () => numbers.every((n) => heard.has(n)));
  const each = (at: (n: number) => bigint): number[] => [...written].map(([n, when]) => since(at(n), when));
  return { ours: each((n) => seen.at(n)), anchor: each((n) => heard.get(n) ?? 0n) };
}

/** Of the rows that are the truth of the turn, which its end has written. */
async function missesOf({ db }: OurParts, project: string, count: number): Promise<number> {
  const rows = await db.selectFrom('file_change').innerJoin('turn', 'turn.id', 'file_change.turn_id').select('path')
    .where('turn.project', '=', project).where('final', '=', true).execute();
  const told = new Set(rows.map(({ path }) => numberOf(path)));
  return Array.from({ length: count }, (_, n) => n + 1).filter((n) => !told.has(n)).length;
}

async function rounds(scene: Scene, settings: Settings, log: (round: Round, n: number) => void): Promise<Round[]> {
  const found: Round[] = [];
  // The first change shows that both watch, and is not measured.
  await round(scene, [1], settings);
  for (let n = 0; n < settings.rounds; n += 1) {
    found.push(await round(scene, Array.from({ length: settings.changes }, (_, k) => 2 + n * settings.changes + k), settings));
    log(found.at(-1) as Round, n + 1);
  }
  return found;
}

/** One turn, which lasts until all rounds are over: its run is told when it may write its last line. */
async function measureSize(context: Context, parts: OurParts, size: keyof typeof SIZES, settings: Settings): Promise<Round[]> {
  const workspace = join(parts.dir, `files-${size}`);
  mkdirSync(workspace);
  makeFiles(workspace, SIZES[size] / settings.part);
  const changes = 1 + settings.rounds * settings.changes;
  makeChangeable(workspace, changes);
  const project = `b9-${size}-${randomBytes(4).toString('hex')}`;
  const seen = parts.observer.watch('file_change');
  const watcher = await openWatcher(workspace);
  try {
    const lines = 1 + Math.ceil((changes * (settings.gap.leastMs + settings.gap.mostMs)) / 2 / 1000);
    allow(workspace, lines - 1);
    await startRun(parts, project, workspace, { lines, perSecond: 1, bytes: 10 });
    const attached = () => parts.db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').select('project').where('project', '=', project).where('out_offset', '>', 0).executeTakeFirst();
    await until('the run to be followed', async () => (await attached()) !== undefined);
    const found = await rounds({ workspace, seen, heard: hear(watcher), random: seededRandom(SEED) }, settings, (taken, n) =>
      context.log(`B9 ${size} round ${n} of ${settings.rounds}: p50 ${median(taken.ours).toFixed(0)} ms, at most ${Math.max(...taken.ours).toFixed(0)}; anchor ${median(taken.anchor).toFixed(0)} ms`));
    await watcher.close();
    allow(workspace, lines);
    await untilItRests(parts, project);
    const misses = await missesOf(parts, project, changes);
    if (misses > 0) throw new Error(`${misses} of ${changes} changes are missing at the end of the turn`);
    return found;
  } finally {
    seen.end();
    await watcher.close();
  }
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  const settings = context.smoke ? SMOKE : FULL;
  const close: Close = [];
  try {
    const parts = await startParts(context, close);
    const found: Record<string, Round[]> = {};
    for (const size of ['10k', '100k'] as const) found[`B9-${size}`] = await measureSize(context, parts, size, settings);
    return { kind: 'measured', rounds: found };
  } finally {
    for (const one of close.reverse()) await one();
  }
}

const seriesOf = (key: string, files: string): Series => ({
  key, what: `file changed while a turn runs → row committed, among ${files} files; none missing at its end`, unit: 'ms', anchor: 'chokidar 6 alone, its event',
  conditions: [
    { metric: 'p50 in ms', judged: 'p50', op: '<=', target: 300 },
    { metric: 'p99 in ms', judged: 'p99', op: '<=', target: 1_000 },
  ],
});

export const b9: Benchmark = { id: 'B9', series: [seriesOf('B9-10k', '10,000'), seriesOf('B9-100k', '100,000')], run };
