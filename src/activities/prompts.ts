/** The prompt of a run: the task, what the attempt before taught, what was under way when a run was lost. */
import { randomBytes } from 'node:crypto';
import { decisionOf, type DecisionRow } from '../db/decisions.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn } from '../db/turns.ts';
import type { JudgeFacts } from '../domain/judge.ts';
import { failedChecksText } from '../domain/judge/feedback.ts';
import { composePrompt, type PromptParts } from '../domain/prompt.ts';
import type { BeginTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import { summaryOf } from './stored-stream.ts';
import { takeCheckpoint } from './checkpoints.ts';
import { hostOf } from './workspaces.ts';

/** What a person was asked about, with the output of the checks that led to the question. */
const askedAbout = ({ reason, facts }: DecisionRow): string => [reason, failedChecksText(facts as JudgeFacts)].filter(Boolean).join('\n\n');

/** A person's note comes with the first run of an attempt; a further run is told why there is one as a loss, not as a note. */
const noteFor = async (deps: Deps, call: BeginTurn): Promise<string | null> => (call.seq === 1 ? call.note : (await loadTurn(deps.db, call)).note);

/** What the decision about the attempt before says; a person's note only where a person was asked. */
async function lessonOf(deps: Deps, call: BeginTurn): Promise<Pick<PromptParts, 'feedback' | 'note'>> {
  const before = call.turn > 1 ? await decisionOf(deps.db, { ...call, turn: call.turn - 1 }) : undefined;
  if (before?.decision === 'retry' || before?.decision === 'clarify') {
    return { feedback: { kind: before.decision, text: before.feedback ?? before.reason }, note: null };
  }
  const isAccepted = before === undefined || before.decision === 'proceed';
  return { feedback: isAccepted ? null : { kind: 'retry', text: askedAbout(before) }, note: await noteFor(deps, call) };
}

/** The call that had no result when the run before this one of the same turn ended, and what is different since the turn began. */
async function lossOf(deps: Deps, context: Planned, call: BeginTurn, beat: Beat): Promise<PromptParts['loss']> {
  if (call.seq === 1) return null;
  const [{ treeBefore }, runs] = await Promise.all([loadTurn(deps.db, call), runsOfTurn(deps.db, call)]);
  const { openCall } = await summaryOf(deps, context.plan.agent, runs.find(({ seq }) => seq === call.seq - 1)?.key);
  const { tree } = await takeCheckpoint(deps, context, call, beat);
  const { path: workspace } = context.plan.workspace;
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ workspace, from: treeBefore, to: tree }));
  return { interruptedCall: openCall, changedSince: changes.map(({ path }) => path) };
}

export async function promptFor(deps: Deps, call: BeginTurn, beat: Beat): Promise<string> {
  const context = await planned(deps, call);
  const { plan, milestone } = context;
  const [lesson, loss] = await Promise.all([lessonOf(deps, call), lossOf(deps, context, call, beat)]);
  const text = composePrompt({
    task: taskIn(context, call.task),
    milestone,
    attempt: call.turn,
    checks: plan.checks.filter(({ tasks }) => tasks === null || tasks.includes(call.task)),
    ...lesson,
    loss,
    nonce: randomBytes(8).toString('hex'),
  });
  return deps.redactor(plan.agent).text(text);
}
