/** The user's own commands, run by Holdpoint on the host: before the milestone (baseline) and after each turn. */
import { insertCheckpoint } from '../db/checkpoints.ts';
import { baselineOf, evidenceOf, insertBaseline, insertEvidence } from '../db/evidence.ts';
import { turn as loadTurn } from '../db/turns.ts';
import { compareCheck, isWorthRepeating } from '../domain/evidence-compare.ts';
import type { CheckEvidence, CheckRun } from '../domain/evidence.ts';
import type { CheckSpec } from '../domain/plan.ts';
import type { ChecksResult, Claim, HostActivities, MilestoneRef, TurnCall } from './contract.ts';
import { runCheck, type CheckCall } from './check-run.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { planned, type Planned } from './plans.ts';

const holdsFor = (check: CheckSpec, task: string): boolean => check.tasks === null || check.tasks.includes(task);

const toResult = (checks: CheckEvidence[]): ChecksResult => ({
  checks: checks.map(({ name, exitCode, outcome, met }) => ({ name, exitCode, outcome, met })),
});

const fromBaseline = (runs: CheckRun[]): ChecksResult => ({
  checks: runs.map(({ name, exitCode }) => ({ name, exitCode, outcome: exitCode === 0 ? 'pass' : 'stillFailing', met: exitCode === 0 })),
});

async function baseline(deps: Deps, ref: MilestoneRef & Claim, beat: Beat): Promise<ChecksResult> {
  const stored = await baselineOf(deps.db, ref);
  if (stored.length > 0) return fromBaseline(stored);
  const context = await planned(deps, ref);
  const checkpoint = await takeCheckpoint(deps, context, ref, beat);
  await insertCheckpoint(deps.db, { ...ref, kind: 'baseline' }, checkpoint);
  const { checks } = context.plan;
  const runs: CheckRun[] = [];
  for (const check of checks) {
    const tree = runs.at(-1)?.treeAfter ?? checkpoint.tree;
    runs.push(await runCheck(deps, { context, check, ref, turn: null, seq: 1, tree }, beat));
  }
  await insertBaseline(deps.db, ref, runs);
  return fromBaseline(runs);
}

/** Runs one check, a newly failing one twice, and says what it means; `treeAfter` is the one after all of it. */
async function measure(deps: Deps, call: Omit<CheckCall, 'seq'>, before: CheckRun | null, beat: Beat): Promise<CheckEvidence> {
  const first = await runCheck(deps, { ...call, seq: 1 }, beat);
  const second = isWorthRepeating(first, before) ? await runCheck(deps, { ...call, seq: 2 }, beat) : null;
  return { ...compareCheck(call.check, first, second, before), treeAfter: (second ?? first).treeAfter };
}

/** The tree the turn ended with: the same one when this is repeated after a check has changed files. */
async function treeOf(deps: Deps, context: Planned, call: TurnCall, beat: Beat): Promise<string> {
  const { treeAfter } = await loadTurn(deps.db, call);
  return treeAfter ?? (await takeCheckpoint(deps, context, call, beat)).tree;
}

async function afterTurn(deps: Deps, call: TurnCall, beat: Beat): Promise<ChecksResult> {
  const stored = await evidenceOf(deps.db, call);
  if (stored.length > 0) return toResult(stored);
  const [context, before] = await Promise.all([planned(deps, call), baselineOf(deps.db, call)]);
  let tree = await treeOf(deps, context, call, beat);
  const evidence: CheckEvidence[] = [];
  for (const check of context.plan.checks.filter((one) => holdsFor(one, call.task))) {
    const known = before.find(({ name }) => name === check.name) ?? null;
    const measured = await measure(deps, { context, check, ref: call, turn: call, tree }, known, beat);
    evidence.push(measured);
    tree = measured.treeAfter;
  }
  await insertEvidence(deps.db, call, evidence);
  return toResult(evidence);
}

export const createChecks = (deps: Deps): Pick<HostActivities, 'takeBaseline' | 'runChecks'> => ({
  takeBaseline: (ref) => withHeartbeat((beat) => baseline(deps, { ...ref, ...thisAttempt() }, beat)),
  runChecks: (call) => withHeartbeat((beat) => afterTurn(deps, { ...call, ...thisAttempt() }, beat)),
});
