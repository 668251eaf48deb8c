/** Opens questions to a person and waits for their answers. What an answer leads to is in after-answer.ts. */
import { condition, workflowInfo } from '@temporalio/workflow';
import { BREAKPOINTS } from '../domain/breakpoints.ts';
import { breakpointId } from '../domain/ids.ts';
import { clockTime } from '../domain/waits.ts';
import { afterAnswer, WHEN_OFF, type Question } from './after-answer.ts';
import { fatal } from './failures.ts';
import { openQuestion, settle, takeAnswer } from './inbox.ts';
import type { OpenBreakpoint } from './messages.ts';
import { taskOf, type Milestone, type Step } from './milestone-state.ts';
import { noteEvent, record } from './recorder.ts';

const MAX_REASON = 1_000;

/** The run has grown so long that it has to continue as new at the next step. */
export function mustContinue(m: Milestone): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength >= (m.input.historyLimit ?? Infinity);
}

/** Number of this question among those of its kind at its place: an old answer never releases a new question. */
function countAsked(m: Milestone, question: Question): number {
  const asked = question.task === null ? m.state.asked : taskOf(m.state, question.task).asked;
  const n = (asked[question.kind] ?? 0) + 1;
  asked[question.kind] = n;
  return n + (m.state.askedInEarlierRuns ?? 0);
}

function describe(m: Milestone, question: Question, reason: string): OpenBreakpoint {
  const { kind } = question;
  const { project, milestone } = m.input;
  const rule = BREAKPOINTS[kind];
  const task = question.task === null ? null : taskOf(m.state, question.task);
  const occurrence = countAsked(m, question);
  return {
    id: breakpointId({ project, milestone, ...(task && { task: task.id, turn: task.turn }), kind, n: occurrence }),
    kind, occurrence, project, milestone,
    priority: m.brief.breakpoints[kind]?.priority ?? rule.priority,
    task: task?.id ?? null,
    turn: task?.turn ?? null,
    openedAt: new Date().toISOString(),
    reason: (reason || rule.question).slice(0, MAX_REASON),
    actions: [...rule.actions],
    noteRequired: [...rule.noteRequired],
    tree: task?.tree ?? null,
    ...(question.until !== undefined && { until: question.until }),
  };
}

/** What the answer leads to. Throws `aborted`. */
export function carryOut(m: Milestone, question: Question, given: Parameters<typeof afterAnswer>[2]): Step {
  const next = afterAnswer(m.state, question, given);
  if ('abort' in next) throw fatal('aborted', next.abort);
  return next;
}

/** Asks a person, unless the plan has switched this question off: then goes on as WHEN_OFF says. */
export function ask(m: Milestone, question: Question, reason: string): Step {
  const { kind } = question;
  if (m.brief.breakpoints[kind]?.enabled === false) {
    const action = WHEN_OFF[kind];
    noteEvent(m.state, 'breakpoint_off', `${kind} is switched off by the plan: ${action}. ${reason}`);
    return carryOut(m, question, { id: kind, action, note: null, by: 'the plan' });
  }
  const opened = describe(m, question, reason);
  if (question.task !== null) taskOf(m.state, question.task).state = 'blocked';
  m.state.unrecorded.opened.push(opened);
  openQuestion(m.state.inbox, opened);
  return { at: 'ask', breakpoint: opened.id, ...question };
}

// These begin with a record of their own, or lead to one at once.
const RECORDED_SOON = new Set<Step['at']>(['beginTurn', 'chooseTask', 'closed']);

const BY_TIMER = { action: 'retry', by: 'the timer' } as const;

/** Returns when there is an answer, or the run has to continue as new. A question with a time answers itself then. */
async function answered(m: Milestone, { breakpoint, until, task }: Extract<Step, { at: 'ask' }>): Promise<void> {
  const { inbox } = m.state;
  const isAnswered = (): boolean => inbox.answers.some((a) => a.id === breakpoint);
  const isOver = (): boolean => isAnswered() || mustContinue(m);
  if (until === undefined) return condition(isOver);
  const restMs = Date.parse(until) - Date.now();
  const summary = `${task ?? m.input.milestone} sleeping until ${clockTime(until, Date.now())}`;
  if (restMs > 0 && (await condition(isOver, restMs, { summary }))) return;
  if (isAnswered()) return;
  settle(inbox, { breakpoint, ...BY_TIMER }, 'timer', new Date().toISOString());
}

/** Waits, for days if need be. Returns the same step when the run has to continue as new first. */
export async function awaitAnswer(m: Milestone, step: Extract<Step, { at: 'ask' }>): Promise<Step> {
  const { inbox } = m.state;
  await record(m, `${step.task ?? m.input.milestone} question ${step.kind}`);
  await answered(m, step);
  const answer = takeAnswer(inbox, step.breakpoint);
  if (!answer) return step;
  m.state.unrecorded.answered.push(answer);
  const next = carryOut(m, step, answer);
  if (!RECORDED_SOON.has(next.at)) await record(m, `${step.task ?? m.input.milestone} answered: ${answer.action}`);
  return next;
}
