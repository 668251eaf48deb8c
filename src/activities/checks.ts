/** The user's own commands, run by Holdpoint on the host: before the milestone (baseline) and after each turn. */
import { insertCheckpoint } from '../db/checkpoints.ts';
import { baselineOf, evidenceOf, insertBaseline, insertEvidence, lastRuns } from '../db/evidence.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn } from '../db/turns.ts';
import { compareCheck } from '../domain/evidence-compare.ts';
import type { CheckEvidence, CheckRun } from '../domain/evidence.ts';
import type { CheckSpec } from '../domain/plan.ts';
import type { ChecksResult, Claim, HostActivities, MeasureTurn, MilestoneRef, TurnCall } from './contract.ts';
import { measureAll } from './check-measure.ts';
import { checkKey, type MeasuredTurn } from './check-run.ts';
import { skippedChecks } from './check-skip.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, type Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';

const holdsFor = (check: CheckSpec, task: string): boolean => check.tasks === null || check.tasks.includes(task);

const toResult = (checks: CheckEvidence[]): ChecksResult => ({
  checks: checks.map(({ name, exitCode, outcome, met }) => ({ name, exitCode, outcome, met })),
});

const fromBaseline = (runs: CheckRun[]): ChecksResult => ({
  checks: runs.map(({ name, exitCode }) => ({ name, exitCode, outcome: exitCode === 0 ? 'pass' : 'stillFailing', met: exitCode === 0 })),
});

/** What a fork is held against is what its origin was: a turn that it goes on from may have broken something. */
async function baselineRuns(deps: Deps, context: Planned, { ref, tree }: { ref: MilestoneRef & Claim; tree: string }, beat: Beat): Promise<CheckRun[]> {
  const { fork } = context.milestone;
  if (fork) return baselineOf(deps.db, { project: ref.project, milestone: fork.milestone, epoch: fork.epoch });
  return (await measureAll(deps, { context, ref, turn: null, tree, before: null, last: [] }, context.plan.checks, beat)).map(({ first }) => first);
}

async function baseline(deps: Deps, ref: MilestoneRef & Claim, beat: Beat): Promise<ChecksResult> {
  const stored = await baselineOf(deps.db, ref);
  if (stored.length > 0) return fromBaseline(stored);
  const context = await planned(deps, ref);
  const checkpoint = await takeCheckpoint(deps, context, ref, beat);
  await insertCheckpoint(deps.db, { ...ref, kind: 'baseline' }, checkpoint);
  const runs = await baselineRuns(deps, context, { ref, tree: checkpoint.tree }, beat);
  await insertBaseline(deps.db, ref, runs);
  return fromBaseline(runs);
}

/**
 * The tree the checks run on: as the workspace is when the first of them begins. When this is repeated after some have begun, they may
 * have changed files since, and it is the tree the turn ended with.
 */
async function treeOf(deps: Deps, context: Planned, call: TurnCall & MeasuredTurn, checks: readonly CheckSpec[], beat: Beat): Promise<string> {
  const { treeAfter } = await loadTurn(deps.db, call);
  if (treeAfter && (await hasBegun(deps, context, call, checks, beat))) return treeAfter;
  return (await takeCheckpoint(deps, context, call, beat)).tree;
}

async function hasBegun(deps: Deps, context: Planned, call: TurnCall & MeasuredTurn, checks: readonly CheckSpec[], beat: Beat): Promise<boolean> {
  const target = hostOf(deps, context, beat.signal);
  const states = await Promise.all(checks.map((check) =>
    onHost(target, (api) => api.runState({ key: checkKey(deps, { context, check, ref: call, turn: call, seq: 1 }) }))));
  return states.some(({ kind }) => kind !== 'none');
}

async function afterTurn(deps: Deps, of: MeasureTurn, beat: Beat): Promise<ChecksResult> {
  const [stored, runs] = await Promise.all([evidenceOf(deps.db, of), runsOfTurn(deps.db, of)]);
  if (stored.length > 0) return toResult(stored);
  const call = { ...of, run: (runs.at(-1)?.seq ?? 1) + (of.again ?? 0) };
  const [context, before, last] = await Promise.all([planned(deps, call), baselineOf(deps.db, call), lastRuns(deps.db, call)]);
  const checks = context.plan.checks.filter((one) => holdsFor(one, call.task));
  const setting = { context, ref: call, turn: call, tree: await treeOf(deps, context, call, checks, beat), before, last };
  const skipped = await skippedChecks(deps, context, call, setting, checks, beat);
  const measured = await measureAll(deps, setting, checks.filter(({ name }) => !skipped.has(name)), beat);
  const known = (name: string): CheckRun | null => before.find((run) => run.name === name) ?? null;
  const evidence = checks.flatMap((check) => {
    const one = measured.find(({ check: { name } }) => name === check.name);
    return skipped.get(check.name) ?? (one ? compareCheck(check, one.first, one.second, known(check.name)) : []);
  });
  await insertEvidence(deps.db, call, evidence);
  return toResult(evidence);
}

export const createChecks = (deps: Deps): Pick<HostActivities, 'takeBaseline' | 'runChecks'> => ({
  takeBaseline: (ref) => withHeartbeat((beat) => baseline(deps, { ...ref, ...thisAttempt() }, beat)),
  runChecks: (call) => withHeartbeat((beat) => afterTurn(deps, { ...call, ...thisAttempt() }, beat)),
});
