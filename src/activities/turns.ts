/** The two ends of a turn: checkpoint and prompt before, checkpoint and changes after. */
import { accountsOf } from '../db/budget.ts';
import { findCheckpoint, insertCheckpoint } from '../db/checkpoints.ts';
import { insertChanges } from '../db/file-changes.ts';
import { dropEvidence } from '../db/evidence.ts';
import { dropReviews } from '../db/reviews.ts';
import { insertRun } from '../db/runs.ts';
import { steeringInPrompt, unreadSteering } from '../db/steering.ts';
import { inTransaction } from '../db/transaction.ts';
import { finishTurn, insertTurn, turn as loadTurn } from '../db/turns.ts';
import { attribute, type Attributed } from './attribution.ts';
import { changedBetween } from './between-turns.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { Change, CheckpointResult } from '../domain/host-api.ts';
import { touchedPaths, toldUnexpected } from './unexpected.ts';
import { templatesVersion } from '../domain/prompt.ts';
import { allowance, overLine, type Account } from '../domain/limits/budget.ts';
import { turnLimits } from '../domain/limits/run-limits.ts';
import type { BeginTurn, BegunTurn, EndTurnResult, HostActivities, MeasureTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { movedWhileWaiting } from './moved.ts';
import { onHost } from './on-host.ts';
import type { RunPlan } from './loaded-run.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import { promptFor } from './prompts.ts';
import { damageIn, keepProof, noteDamage, prove, type Proven } from './proof.ts';
import { resumptionOf, type Resumption } from './resumption.ts';
import { sessionFor, type Session } from './sessions.ts';
import { usageHold } from './usage.ts';
import { noteWeakenings } from './weakenings.ts';
import { hostOf } from './workspaces.ts';
import { treesOf } from './places.ts';

async function begin(deps: Deps, call: BeginTurn, beat: Beat): Promise<BegunTurn> {
  const context = await planned(deps, call);
  const full = await usageHold(deps, context.plan, call.usageSkipped);
  if (full) return { runKey: '', full };
  const accounts = await accountsOf(deps.db, context.plan, call);
  const broke = overLine(accounts);
  return broke.length > 0 ? { runKey: '', broke } : beginRun(deps, context, call, beat, accounts);
}

async function beginRun(deps: Deps, context: Planned, call: BeginTurn, beat: Beat, accounts: readonly Account[]): Promise<BegunTurn> {
  const session = await sessionFor(deps, context, call, beat);
  const resumption = await withMoved(deps, context, call, await resumptionOf(deps, context.plan.agent, call, session), beat);
  // A call that only goes on has no prompt to say it in.
  const said = resumption.kind === 'call' ? [] : await unreadSteering(deps.db, call);
  const prompt = await promptFor(deps, call, { session, resumption, said: said.map(({ text }) => text) }, beat);
  // A turn that is begun again keeps the checkpoint it began with: the agent may have written since.
  const stored = await findCheckpoint(deps.db, { ...call, kind: 'before' });
  const before = stored ?? (await takeCheckpoint(deps, context, call, beat));
  const between = stored ? null : await changedBetween(deps, context, call, before, beat);
  await noteDamage(deps, call, before.tree, damageIn(between?.changes ?? []));
  const unexpected = between && (await toldUnexpected(deps, context, call, before.tree, touchedPaths(between.changes), 'before'));
  if (unexpected && call.keptTree !== before.tree) return { runKey: '', unexpected };
  const { maxTurns, enlargeTo } = turnLimits(context.plan, taskIn(context, call.task), call);
  const wallMs = context.plan.agent.timeoutMs + (call.moreMs ?? 0);
  const spec: RunPlan = { ...specOf(call, session, prompt, resumption), maxTurns, budgetUsd: allowance(accounts), wallMs };
  return inTransaction(deps.db, async (tx) => {
    await insertTurn(tx, { ...call, prompt, ...session, treeBefore: before.tree, templates: templatesVersion(context.plan.prompts) });
    await insertCheckpoint(tx, { ...call, kind: 'before' }, before);
    if (between) await insertChanges(tx, { turn: call, treeFrom: between.from, treeTo: before.tree, observedBy: 'between', final: false, changes: between.changes.map((change) => ({ ...change, by: { kind: 'other' } })) });
    if (call.seq > 1) await Promise.all([dropEvidence(tx, call), dropReviews(tx, call)]);
    await steeringInPrompt(tx, call, said.map(({ id }) => id));
    const begun = await insertRun(tx, { ...call, install: deps.install, host: context.plan.workspace.host, workspace: context.place.path, spec });
    return { ...begun, maxTurns, enlargeTo };
  });
}

async function withMoved(deps: Deps, context: Planned, call: BeginTurn, resumption: Resumption, beat: Beat): Promise<Resumption> {
  if (resumption.kind !== 'call') return resumption;
  const moved = await movedWhileWaiting(deps, context, call, beat);
  return moved.length === 0 ? resumption : { ...resumption, answer: { ...resumption.answer, moved } };
}

/** What the run's row keeps of it: see RunPlan. */
const specOf = ({ granted, plan }: BeginTurn, session: Session, prompt: string, resumption: Resumption): RunPlan => ({
  ...session, prompt, ...(granted && { granted }), ...((plan === 'make' || plan === 'revise') && { planning: true as const }), ...(resumption.kind !== 'none' && { answer: resumption.answer }),
});

interface Measured {
  before: string;
  after: CheckpointResult;
  changes: readonly Change[];
  unexpected: Attributed['unexpected'];
}

/** The checkpoint after the turn, and its changes as rows. May be repeated. */
async function measure(deps: Deps, context: Planned, call: MeasureTurn, beat: Beat): Promise<Measured> {
  const { treeBefore } = await loadTurn(deps.db, call);
  const after = await takeCheckpoint(deps, context, call, beat);
  const target = hostOf(deps, context, beat.signal);
  const trees = { from: treeBefore, to: after.tree };
  const { changes } = await onHost(target, (api) => api.diffTrees({ ...treesOf(context), ...trees }));
  const attributed = await attribute(deps, target, context, call, trees, changes);
  await insertChanges(deps.db, { turn: call, treeFrom: treeBefore, treeTo: after.tree, observedBy: 'checkpoint', final: true, changes: attributed.changes });
  await insertCheckpoint(deps.db, { ...call, kind: 'after' }, after);
  return { before: treeBefore, after, changes, unexpected: attributed.unexpected };
}

/** A checkpoint that was found to be wrong is taken again, which reads the files anew; that it was wrong stays said. */
async function measureProven(deps: Deps, context: Planned, call: MeasureTurn, beat: Beat): Promise<Measured & Pick<Proven, 'proof'>> {
  const measured = await measure(deps, context, call, beat);
  const target = hostOf(deps, context, beat.signal);
  const { proof, retake } = await prove(deps, target, { context, turn: call, ...measured });
  const right = retake ? await measure(deps, context, call, beat) : measured;
  return { ...right, proof };
}

async function end(deps: Deps, call: MeasureTurn, beat: Beat): Promise<EndTurnResult> {
  const context = await planned(deps, call);
  const { after: { tree }, changes, unexpected, proof } = await measureProven(deps, context, call, beat);
  if (call.again) await Promise.all([dropEvidence(deps.db, call), dropReviews(deps.db, call)]);
  await finishTurn(deps.db, call, { treeAfter: tree, changedFiles: changes.length });
  const ofTask = await noteWeakenings(deps, call, tree, beat);
  const damage = new Set([...damageIn(changes), ...damageIn(ofTask)]);
  await keepProof(deps, call, { ...proof, wrong: [...proof.wrong, ...damage] });
  const told = await toldUnexpected(deps, context, call, tree, unexpected.map(({ path }) => path), 'during');
  return { tree, changedFiles: changes.length, ...(told && { unexpected: told }) };
}

export const createTurns = (deps: Deps): Pick<HostActivities, 'beginTurn' | 'endTurn'> => ({
  beginTurn: (call) => withHeartbeat((beat) => begin(deps, { ...call, ...thisAttempt() }, beat)),
  endTurn: (call) => withHeartbeat((beat) => end(deps, { ...call, ...thisAttempt() }, beat)),
});
