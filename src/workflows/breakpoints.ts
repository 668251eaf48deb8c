/** Opens questions to a person and waits for their answers. What an answer leads to is in after-answer.ts. */
import { condition, patched, workflowInfo } from '@temporalio/workflow';
import { actionsFor, noteRequiredFor } from '../domain/asked-question.ts';
import { timersOf } from '../domain/automatic.ts';
import { BREAKPOINTS } from '../domain/breakpoints.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import { breakpointId } from '../domain/ids.ts';
import { afterAnswer, WHEN_OFF, type Question } from './after-answer.ts';
import { fatal } from './failures.ts';
import { answerTo, openQuestion, takeAnswer } from './inbox.ts';
import type { OpenBreakpoint } from './messages.ts';
import { planWaits, taskOf, type Milestone, type Step } from './milestone-state.ts';
import { closeQuestion, tellOpened } from './notices.ts';
import { noteEvent, record } from './recorder.ts';
import { keepNote } from './said.ts';
import { askAboutTree, movedSince, type Moved } from './tree-check.ts';
import { untilAnswered } from './waiting.ts';

export const MAX_REASON = 1_000;

/** The run has grown so long that it has to continue as new at the next step. */
export function mustContinue(m: Milestone): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength >= (m.input.historyLimit ?? Infinity);
}

/** There is something to do before the next step, so what waits gives way. */
export const mustStop = (m: Milestone): boolean => planWaits(m.state) || mustContinue(m);

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
  const policy = m.brief.breakpoints[kind];
  const task = question.task === null ? null : taskOf(m.state, question.task);
  const occurrence = countAsked(m, question);
  const when = { kind, priority: policy?.priority ?? rule.priority, openedAt: new Date().toISOString() };
  const timers = timersOf(policy, when);
  return {
    id: breakpointId({ project, milestone, ...(task && { task: task.id, turn: task.turn }), kind, n: occurrence }),
    occurrence, project, milestone, ...when,
    task: task?.id ?? null,
    turn: task?.turn ?? null,
    reason: (reason || rule.question).slice(0, MAX_REASON),
    actions: actionsFor(rule.actions, question.detail),
    noteRequired: noteRequiredFor(rule.noteRequired, question.detail),
    tree: (task ? task.tree : m.lane.lastTurn?.tree) ?? null,
    ...(question.until !== undefined && { until: question.until }),
    ...(timers && { timers }),
    ...(question.detail && { detail: question.detail }),
  };
}

/** What the answer leads to. Throws `aborted`. */
export function carryOut(m: Milestone, question: Question, given: Parameters<typeof afterAnswer>[2]): Step {
  keepNote(m.lane, question, given);
  const next = afterAnswer(m, question, given);
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
  m.state.untold = [...(m.state.untold ?? []), opened.id];
  openQuestion(m.state.inbox, opened);
  return { at: 'ask', ...question, breakpoint: opened.id, reason: opened.reason, ...(opened.tree !== null && { tree: opened.tree }) };
}

// These begin with a record of their own, or lead to one at once.
const RECORDED_SOON = new Set<Step['at']>(['beginTurn', 'chooseTask', 'closed']);

/** The answer was about other files. */
function askAgain(m: Milestone, step: Extract<Step, { at: 'ask' }>, answer: AnsweredBreakpoint, { tree, why }: Moved): Step {
  const { breakpoint, reason = '' } = step;
  closeQuestion(m, { ...answer, refused: why });
  askAboutTree(m, step, tree);
  noteEvent(m.state, 'tree_moved', `${breakpoint}: ${why}`);
  const next = ask(m, step, `${why}\n${reason}`);
  // Asked a third time, it says why it was asked first, and what has changed since the second.
  return next.at === 'ask' ? { ...next, reason } : next;
}

/** Waits, for days if need be. Returns the same step when the run has to continue as new first. */
export async function awaitAnswer(m: Milestone, step: Extract<Step, { at: 'ask' }>): Promise<Step> {
  const { inbox } = m.state;
  await record(m, `${step.task ?? m.input.milestone} question ${step.kind}`);
  tellOpened(m);
  await untilAnswered(m, { id: step.breakpoint, task: step.task, ...(step.until !== undefined && { until: step.until }), isCut: () => mustStop(m) });
  const answer = answerTo(inbox, step.breakpoint);
  if (!answer) return step;
  // What writes the files back needs the lease until it has ended; the answer may be to give it back.
  if (m.state.restoring !== undefined && patched('answer-after-restore')) await condition(() => m.state.restoring === undefined);
  // The answer stays until the host has been asked: it may be away, and then it is asked again.
  const moved = await movedSince(m, step, answer);
  takeAnswer(inbox, step.breakpoint);
  if (moved) return askAgain(m, step, answer, moved);
  closeQuestion(m, answer);
  const next = carryOut(m, step, answer);
  if (!RECORDED_SOON.has(next.at)) await record(m, `${step.task ?? m.input.milestone} answered: ${answer.action}`);
  return next;
}
