/** The prompt of a run: the task, what the attempt before taught, what was under way when a run was lost. */
import { randomBytes } from 'node:crypto';
import type { DecisionRow } from '../db/decisions.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn } from '../db/turns.ts';
import type { JudgeFacts } from '../domain/judge.ts';
import { failedChecksText } from '../domain/judge/feedback.ts';
import { composePrompt, type PromptParts } from '../domain/prompt.ts';
import type { BeginTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import { mayAsk, type RunPlan } from './loaded-run.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import type { Resumption } from './resumption.ts';
import type { Session } from './sessions.ts';
import { summaryOf } from './stored-stream.ts';
import { takeCheckpoint } from './checkpoints.ts';
import { decisionBefore } from './forks.ts';
import { hostOf } from './workspaces.ts';
import { treesOf } from './places.ts';

/** What a person was asked about, with the output of the checks that led to the question. */
const askedAbout = ({ reason, facts }: DecisionRow): string => [reason, failedChecksText(facts as JudgeFacts)].filter(Boolean).join('\n\n');

/** A person's note comes with the first run of an attempt; a further run is told why there is one as a loss, not as a note. */
const noteFor = async (deps: Deps, call: BeginTurn): Promise<string | null> => (call.seq === 1 ? call.note : (await loadTurn(deps.db, call)).note);

/** What the decision about the attempt before says; a person's note only where a person was asked. */
async function lessonOf(deps: Deps, context: Planned, call: BeginTurn): Promise<Pick<PromptParts, 'feedback' | 'note'>> {
  const before = await decisionBefore(deps, context, call);
  if (before?.decision === 'retry' || before?.decision === 'clarify') {
    return { feedback: { kind: before.decision, text: before.feedback ?? before.reason }, note: call.turn > 1 ? null : await noteFor(deps, call) };
  }
  const isAccepted = before === undefined || before.decision === 'proceed';
  return { feedback: isAccepted ? null : { kind: 'retry', text: askedAbout(before) }, note: await noteFor(deps, call) };
}

/** The call that had no result when the run before this one of the same turn ended, and what is different since the turn began. */
async function lossOf(deps: Deps, context: Planned, call: BeginTurn, beat: Beat): Promise<PromptParts['loss']> {
  if (call.seq === 1 || call.goesOn !== undefined) return null;
  const [{ treeBefore }, runs] = await Promise.all([loadTurn(deps.db, call), runsOfTurn(deps.db, call)]);
  const { openCall, outcome } = await summaryOf(deps, context.plan.agent, runs.find(({ seq }) => seq === call.seq - 1)?.key);
  // It had ended by itself, and a person was asked: nothing was lost.
  if (outcome?.kind === 'completed' || outcome?.kind === 'deferred') return null;
  const { tree } = await takeCheckpoint(deps, context, call, beat);
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ ...treesOf(context), from: treeBefore, to: tree }));
  return { interruptedCall: openCall, changedSince: changes.map(({ path }) => path) };
}

/** How the run continues what was there before it. */
export interface Going {
  session: Session;
  resumption: Resumption;
  /** What people have said to the agent and no run has read. */
  said: readonly string[];
}

/** The last plan that the turn made, for a session that does not know it. */
async function planText(deps: Deps, { plan }: Planned, call: BeginTurn): Promise<string | null> {
  for (const { key } of (await runsOfTurn(deps.db, call)).filter(({ seq, spec }) => seq < call.seq && (spec as RunPlan).planning).toReversed()) {
    const { outcome } = await summaryOf(deps, plan.agent, key);
    if (outcome?.kind === 'completed') return outcome.text;
  }
  return null;
}

async function planOf(deps: Deps, context: Planned, call: BeginTurn, { resume }: Session): Promise<PromptParts['plan']> {
  const { plan: phase } = call;
  if (!phase) return null;
  return { phase, note: phase === 'make' ? null : call.note, text: resume || phase === 'make' ? null : await planText(deps, context, call) };
}

/** Empty where the session only has to go on with the call that was answered. */
export async function promptFor(deps: Deps, call: BeginTurn, { session, resumption, said }: Going, beat: Beat): Promise<string> {
  if (resumption.kind === 'call') return '';
  const context = await planned(deps, call);
  const { plan, milestone } = context;
  const [lesson, loss, accepted] = await Promise.all([lessonOf(deps, context, call), lossOf(deps, context, call, beat), planOf(deps, context, call, session)]);
  const text = composePrompt({
    task: taskIn(context, call.task),
    milestone,
    attempt: call.turn,
    mayAsk: mayAsk(plan),
    checks: plan.checks.filter(({ tasks }) => tasks === null || tasks.includes(call.task)),
    ...lesson,
    note: [lesson.note, call.said, ...said].filter(Boolean).join('\n\n') || null,
    loss,
    own: plan.prompts,
    plan: accepted,
    answered: resumption.kind === 'told' ? { ...resumption.answer, input: resumption.input } : null,
    goesOn: call.goesOn,
    session: session.found,
    nonce: randomBytes(8).toString('hex'),
  });
  return deps.redactor(plan.agent).text(text);
}
