/**
 * The one place where a question is waited for, for seconds or for weeks: until somebody answers it, or it answers itself.
 * Reminders and escalation happen here as well. Every instant is in the state, so a fresh history waits for the same ones.
 */
import { condition } from '@temporalio/workflow';
import { afterDue, nextDue, type Due } from '../domain/automatic.ts';
import type { OpenBreakpoint, UrgedBreakpoint } from '../domain/questions.ts';
import { clockTime } from '../domain/waits.ts';
import { settle } from './inbox.ts';
import type { Milestone } from './milestone-state.ts';
import { tellEscalated, tellReminder } from './notices.ts';
import { record } from './recorder.ts';
import { refresh } from './visibility.ts';

export interface Waiting {
  id: string;
  task: string | null;
  /** Of the question's step; a question that was answered early is not open any more. */
  until?: string;
  /** What it was about is over: nothing is due any more. */
  isMoot?: () => boolean;
  /** The run has to continue as new; it waits for the rest. */
  isCut?: () => boolean;
}

function summaryOf(m: Milestone, { id, task, until }: Waiting, due: Due): string {
  const of = task ?? m.input.milestone;
  const at = clockTime(due.at, Date.now());
  if (due.what === 'answer' && due.at === until) return `${of} sleeping until ${at}`;
  return `${of} ${due.what === 'answer' ? due.action : due.what} at ${at}: ${id}`.slice(0, 200);
}

async function urge(m: Milestone, question: OpenBreakpoint, change: Omit<UrgedBreakpoint, 'id' | 'at'>, said: string): Promise<void> {
  (m.state.unrecorded.urged ??= []).push({ id: question.id, at: new Date().toISOString(), ...change });
  refresh(m);
  await record(m, `${question.task ?? m.input.milestone} ${said} ${question.kind}`);
}

/** Carries out what is due; the question is open. */
async function carryOutDue(m: Milestone, question: OpenBreakpoint, due: Due): Promise<void> {
  const now = new Date().toISOString();
  if (due.what === 'answer') return settle(m.state.inbox, { breakpoint: question.id, action: due.action, by: due.by }, 'timer', now);
  question.timers = afterDue(question.timers ?? {}, due, now);
  if (due.what === 'escalate') {
    question.priority = due.priority;
    await urge(m, question, { priority: due.priority }, 'escalated');
    return tellEscalated(m, question);
  }
  await urge(m, question, { reminders: due.n }, `reminder ${due.n} of`);
  tellReminder(m, question, due.n);
}

/** What is next for the question as it is now; a plan that has changed may have given it other times. */
function dueNow(m: Milestone, { id, until }: Waiting): Due | null {
  const question = m.state.inbox.open.find((open) => open.id === id);
  return nextDue(question ?? { ...(until !== undefined && { until }) });
}

/** False when the time has come first. */
async function wakes(m: Milestone, waiting: Waiting, due: Due | null, isWoken: () => boolean): Promise<boolean> {
  if (!due) return condition(isWoken).then(() => true);
  const restMs = Date.parse(due.at) - Date.now();
  return restMs > 0 && condition(isWoken, restMs, { summary: summaryOf(m, waiting, due) });
}

/** Returns when there is an answer, or the question is moot, or the run has to continue as new. */
export async function untilAnswered(m: Milestone, waiting: Waiting): Promise<void> {
  const { id, isMoot = () => false, isCut = () => false } = waiting;
  const isDone = (): boolean => m.state.inbox.answers.some((answer) => answer.id === id) || isMoot();
  for (;;) {
    const due = dueNow(m, waiting);
    const isOther = (): boolean => JSON.stringify(dueNow(m, waiting)) !== JSON.stringify(due);
    const isWoken = await wakes(m, waiting, due, () => isDone() || isCut() || isOther());
    if (isDone() || (isWoken && isCut())) return;
    const question = m.state.inbox.open.find((open) => open.id === id);
    if (!isWoken && due && question) await carryOutDue(m, question, due);
  }
}
