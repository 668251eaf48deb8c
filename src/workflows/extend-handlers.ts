/** The handlers of `extend` and its update twin: more turns, money or time for a task or for the whole milestone. */
import { log, setHandler } from '@temporalio/workflow';
import { describeExtension, readExtension, type Extension } from '../domain/limits/extension.ts';
import type { MilestoneBrief } from '../activities/contract.ts';
import { refusal } from './answer-handlers.ts';
import { answersLimit, levelsRaised, raise } from './extensions.ts';
import { limitDetail } from './limit-detail.ts';
import { refused, settle, type Refusal } from './inbox.ts';
import { extendSignal, extendUpdate, type OpenBreakpoint } from './messages.ts';
import type { MilestoneState } from './milestone-state.ts';
import { taskProblem } from './open-task.ts';

const MOOT = 'there is nothing to extend';

/** Money that nothing limits cannot be more. Before the plan is read nobody knows. */
function moneyProblem({ budgetLevels, tasks }: MilestoneBrief, { budgetUsd, task }: Extension): Refusal | undefined {
  if (budgetUsd === undefined || tasks.length === 0 || levelsRaised(task).some((level) => budgetLevels?.includes(level))) return undefined;
  return refused('policy', `the plan sets no budget for ${task === undefined ? 'the milestone' : `task ${task}`}: ${MOOT}`);
}

function judge(state: MilestoneState, brief: MilestoneBrief, payload: unknown): { kind: 'accepted'; extension: Extension } | Refusal {
  const read = readExtension(payload);
  if ('problem' in read) return refused('bad_input', read.problem);
  const { extension } = read;
  return taskProblem(state, extension.task, MOOT) ?? moneyProblem(brief, extension) ?? { kind: 'accepted', extension };
}

function isAbout(question: OpenBreakpoint, extension: Extension): boolean {
  const detail = limitDetail(question.detail);
  return detail !== undefined && answersLimit(detail, question.task, extension);
}

/** Raises the limits for what comes; where a question waits for just this, it is its answer too. */
function take(state: MilestoneState, extension: Extension, via: 'signal' | 'update'): void {
  raise(state, extension);
  const question = state.inbox.open.find((open) => isAbout(open, extension));
  if (!question) return;
  state.extended = [...(state.extended ?? []), question.id];
  const { by } = extension;
  const answer = { breakpoint: question.id, action: 'extend', note: describeExtension(extension), ...(by && { by }) } as const;
  settle(state.inbox, answer, via, new Date().toISOString());
}

function demand(state: MilestoneState, brief: MilestoneBrief, payload: unknown): Extension {
  const verdict = judge(state, brief, payload);
  if (verdict.kind === 'refused') throw refusal(verdict);
  return verdict.extension;
}

const DESCRIPTION = 'Give more than the plan does, at least one of: {"turns": 20, "budgetUsd": 5, "minutes": 30, "task": "its id, or none for all", "by": "your name"}';

/** `brief()` is asked each time: it is read after the handlers are there. */
export function handleExtend(state: MilestoneState, brief: () => MilestoneBrief): void {
  setHandler(extendSignal, (payload: unknown) => {
    const verdict = judge(state, brief(), payload);
    if (verdict.kind === 'refused') log.warn('extend ignored', { failure: verdict.failure, why: verdict.message });
    else take(state, verdict.extension, 'signal');
  }, { description: DESCRIPTION });
  setHandler(extendUpdate, (payload: unknown) => {
    take(state, demand(state, brief(), payload), 'update');
    return { accepted: true as const };
  }, { validator: (payload: unknown) => void demand(state, brief(), payload), description: DESCRIPTION });
}
