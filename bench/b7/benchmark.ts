/** B7: a snapshot of a workspace of 10,000 and of 100,000 files: the first, with nothing changed, with 100 files changed. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Context, Round, Samples, Series } from '../benchmark.ts';
import { timed } from '../host-runs.ts';
import { takeRounds, type Arms } from '../rounds.ts';
import { median } from '../stats.ts';
import { findAll, gitSnapshot, hasRestic, newGit, newRestic, resticBackup, type Anchors } from './anchors.ts';
import { changeFiles, makeFiles } from './files.ts';
import { openOurs, type Ours } from './ours.ts';

interface Size {
  key: string;
  files: number;
  what: string;
  rounds: number;
  firstRounds: number;
}

const CHANGES = 100;
const FULL: Size[] = [
  { key: 'B7-10k', files: 10_000, what: '10,000 files', rounds: 15, firstRounds: 5 },
  { key: 'B7-100k', files: 100_000, what: '100,000 files', rounds: 9, firstRounds: 5 },
];
const SMOKE = FULL.map((size) => ({ ...size, files: size.files / 100, rounds: 1, firstRounds: 1 }));

interface Parts {
  size: Size;
  ours: Ours;
  anchors: Anchors;
  log: (line: string) => void;
}

type Rounds = Record<string, Round[]>;

const GIT = 'git';

async function arms({ log }: Parts, key: string, count: number, pair: Arms): Promise<Round[]> {
  return takeRounds(count, pair, (round, n) => log(`${key} round ${n} of ${count}: ${median(round.ours).toFixed(1)} ms, anchor ${median(round.anchor).toFixed(1)} ms`));
}

const one = async (work: () => Promise<void>): Promise<number[]> => [await timed(work)];

/** Each into a store of its own. */
async function first(parts: Parts): Promise<Rounds> {
  const { size, ours, anchors } = parts;
  const rounds = await arms(parts, `${size.key}-first`, size.firstRounds, {
    ours: async () => {
      const root = await ours.newRoot();
      return one(() => ours.snapshot(root));
    },
    anchor: async () => {
      await newGit(anchors, 'first');
      return one(() => gitSnapshot(anchors, 'first'));
    },
  });
  return { [`${size.key}-first`]: rounds };
}

async function changed(parts: Parts): Promise<Round[]> {
  const { size, ours, anchors } = parts;
  const after = async (work: () => Promise<void>): Promise<number[]> => {
    changeFiles(anchors.workspace, size.files, CHANGES);
    return one(work);
  };
  return arms(parts, `${size.key}-changed`, size.rounds, { ours: () => after(() => ours.snapshot()), anchor: () => after(() => gitSnapshot(anchors, GIT)) });
}

/** Beside git and find, which have looked at the same files a moment before; the most memory held so far is looked at each time. */
async function unchanged(parts: Parts, before: number): Promise<Rounds> {
  const { size: { key, rounds }, ours, anchors } = parts;
  const memory: Round[] = [];
  const snapshot = async (): Promise<number[]> => {
    const took = await one(() => ours.snapshot());
    memory.push({ ours: [(await ours.memory()).peak], anchor: [before] });
    return took;
  };
  const found: Rounds = {
    [`${key}-memory`]: memory,
    [`${key}-unchanged`]: await arms(parts, `${key}-unchanged`, rounds, { ours: snapshot, anchor: () => one(() => gitSnapshot(anchors, GIT)) }),
    [`${key}-find`]: await arms(parts, `${key}-find`, rounds, { ours: snapshot, anchor: () => one(() => findAll(anchors)) }),
  };
  if (hasRestic(anchors.path)) await besideRestic(parts);
  return found;
}

/** For orientation: it is not installed everywhere, and nothing is judged by it. */
async function besideRestic(parts: Parts): Promise<void> {
  const { size: { key }, ours, anchors } = parts;
  await newRestic(anchors);
  await resticBackup(anchors);
  await arms(parts, `${key} beside restic backup`, 3, { ours: () => one(() => ours.snapshot()), anchor: () => one(() => resticBackup(anchors)) });
}

async function measureSize(parts: Parts, before: number): Promise<Rounds> {
  const { size, ours, anchors } = parts;
  await newGit(anchors, GIT);
  // The second look of each: what was changed within the last two seconds is read again by the first.
  for (let n = 0; n < 2; n += 1) {
    await ours.snapshot();
    await gitSnapshot(anchors, GIT);
  }
  return { ...(await unchanged(parts, before)), [`${size.key}-changed`]: await changed(parts) };
}

/** Each size with programs of its own: one for the first snapshots, which remembers as many workspaces as it has taken, and one that knows one. */
async function measure(context: Context, size: Size): Promise<Rounds> {
  const { dir, path, log } = context;
  const place = join(dir, size.key);
  const anchors = { workspace: join(place, 'workspace'), dir: place, path };
  mkdirSync(anchors.workspace, { recursive: true });
  makeFiles(anchors.workspace, size.files);
  const inProgram = async (work: (parts: Parts) => Promise<Rounds>): Promise<Rounds> => {
    const ours = await openOurs(place, path, anchors.workspace);
    return work({ size, ours, anchors, log }).finally(() => ours.close());
  };
  try {
    return { ...(await inProgram(first)), ...(await inProgram(withMemory)) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function withMemory(parts: Parts): Promise<Rounds> {
  const { size: { key }, ours, log } = parts;
  const before = await ours.memory();
  const rounds = await measureSize(parts, before.now);
  const after = await ours.memory();
  log(`${key}: ${before.now.toFixed(0)} MB before, ${after.now.toFixed(0)} MB after, ${after.peak.toFixed(0)} MB at most`);
  return rounds;
}

async function run(context: Context): Promise<Samples> {
  if (!hasRestic(context.path)) context.log('B7: restic is not installed: nothing is measured beside it');
  const rounds: Rounds = {};
  for (const size of context.smoke ? SMOKE : FULL) Object.assign(rounds, await measure(context, size));
  return { kind: 'measured', rounds };
}

function seriesOf({ key, what }: Size): Series[] {
  const ratio = (target: number) => [{ metric: 'ratio of p50', judged: 'ratio' as const, op: '<=' as const, target }];
  const git = 'git add -A && git write-tree';
  return [
    { key: `${key}-first`, what: `first snapshot of ${what}`, unit: 'ms', anchor: git, conditions: ratio(1) },
    { key: `${key}-unchanged`, what: `snapshot of ${what}, nothing changed`, unit: 'ms', anchor: git, conditions: ratio(1.5) },
    { key: `${key}-find`, what: `snapshot of ${what}, nothing changed`, unit: 'ms', anchor: 'find -printf', conditions: ratio(3) },
    { key: `${key}-changed`, what: `snapshot of ${what}, ${CHANGES} changed`, unit: 'ms', anchor: git, conditions: ratio(1.5) },
    { key: `${key}-memory`, what: `memory of the host program with ${what}`, unit: 'MB', anchor: 'the same program before', conditions: [{ metric: 'most held, in MB', judged: 'p50', op: '<=', target: 150 }] },
  ];
}

export const b7: Benchmark = { id: 'B7', series: FULL.flatMap(seriesOf), run };
