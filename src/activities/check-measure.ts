/** Runs the checks of a baseline or of a turn: one at a time, or side by side where the plan says that is safe; and says what they changed. */
import { orderChecks } from '../domain/check-order.ts';
import { isWorthRepeating, type LastRun } from '../domain/evidence-compare.ts';
import type { ChangedByCheck, CheckRun } from '../domain/evidence.ts';
import type { CheckSpec } from '../domain/plan.ts';
import { runCheck, type BareRun, type CheckCall } from './check-run.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { hostOf } from './workspaces.ts';
import { treesOf } from './places.ts';

export interface Setting extends Pick<CheckCall, 'context' | 'ref' | 'turn'> {
  /** Of the workspace before the first of them. */
  tree: string;
  /** The baseline, to tell what is new; null: this is it, and nothing is repeated. */
  before: readonly CheckRun[] | null;
  /** Of each check in the milestone. */
  last: readonly LastRun<CheckRun>[];
}

/** A check's run and its repetition where there was one. */
export interface Measured {
  check: CheckSpec;
  first: CheckRun;
  second: CheckRun | null;
}

interface Bare {
  check: CheckSpec;
  runs: [BareRun] | [BareRun, BareRun];
}

/** Checks that run at once: enough to overlap their waiting, few enough for a small machine. */
const AT_ONCE = 4;
const MOST_PATHS = 20;

/** In the order of `checks`. */
export async function measureAll(deps: Deps, setting: Setting, checks: readonly CheckSpec[], beat: Beat): Promise<Measured[]> {
  const { alone, together } = orderChecks(checks, setting.before ?? []);
  const measured: Measured[] = [];
  let { tree } = setting;
  for (const group of [...alone.map((check) => [check]), ...(together.length > 0 ? [together] : [])]) {
    const runs = await sideBySide(group, (check) => execute(deps, setting, check, beat));
    const around = await treesAround(deps, setting, tree, group, beat);
    measured.push(...runs.map((bare) => withTrees(bare, around)));
    tree = around.treeAfter;
  }
  return checks.flatMap((check) => measured.filter((one) => one.check === check));
}

async function execute(deps: Deps, { context, ref, turn, before, last }: Setting, check: CheckSpec, beat: Beat): Promise<Bare> {
  const call = { context, check, ref, turn };
  const first = await runCheck(deps, { ...call, seq: 1 }, beat);
  const named = <T extends CheckRun>(runs: readonly T[]): T | null => runs.find(({ name }) => name === check.name) ?? null;
  if (!before || !isWorthRepeating(first, named(before), named(last))) return { check, runs: [first] };
  return { check, runs: [first, await runCheck(deps, { ...call, seq: 2 }, beat)] };
}

/** Ends when the last of them has, also with an error: a cancel leaves none behind. */
async function sideBySide(checks: readonly CheckSpec[], run: (check: CheckSpec) => Promise<Bare>): Promise<Bare[]> {
  const left = [...checks];
  const done: Bare[] = [];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) done.push(await run(next));
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, checks.length) }, lane));
  const failed = lanes.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason as Error;
  return done;
}

interface Around {
  tree: string;
  treeAfter: string;
  changed?: ChangedByCheck;
  names: string[];
}

async function treesAround(deps: Deps, { context, ref }: Setting, tree: string, group: readonly CheckSpec[], beat: Beat): Promise<Around> {
  const names = group.map(({ name }) => name);
  const { tree: treeAfter } = await takeCheckpoint(deps, context, ref, beat);
  if (treeAfter === tree) return { tree, treeAfter, names };
  const request = { ...treesOf(context), from: tree, to: treeAfter };
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees(request));
  return { tree, treeAfter, names, changed: { files: changes.length, paths: changes.slice(0, MOST_PATHS).map(({ path }) => path) } };
}

function withTrees({ check, runs: [first, second] }: Bare, { tree, treeAfter, changed, names }: Around): Measured {
  const beside = names.filter((name) => name !== check.name);
  const around = { tree, treeAfter, ...(changed && { changed: { ...changed, ...(beside.length > 0 && { beside }) } }) };
  return { check, first: { ...first, ...around }, second: second ? { ...second, ...around } : null };
}
