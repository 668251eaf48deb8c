/**
 * Tells the outside of questions: opened, reminded of, escalated. Beside the workflow's own steps: an answer never
 * waits for a message to be sent, and one that cannot be sent ends nothing.
 */
import { log, patched } from '@temporalio/workflow';
import type { Notify } from '../activities/contract.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import { groups } from './activity-groups.ts';
import { failureMessage } from './failures.ts';
import type { Milestone } from './milestone-state.ts';

type Notice = Pick<Notify, 'breakpoint' | 'why' | 'n'>;

async function send(m: Milestone, task: string | null, notice: Notice): Promise<void> {
  const { project, milestone } = m.input;
  m.shared.telling += 1;
  try {
    const options = { summary: `${task ?? milestone} tells: ${notice.why} ${notice.breakpoint}`.slice(0, 200) };
    await groups.notices.notify.executeWithOptions(options, [{ project, milestone, ...notice }]);
  } catch (error) {
    log.warn('a notice could not be given', { breakpoint: notice.breakpoint, why: notice.why, error: failureMessage(error) });
  } finally {
    m.shared.telling -= 1;
  }
}

function tell(m: Milestone, task: string | null, notice: Notice): void {
  if (patched('notices')) void send(m, task, notice);
}

/** Of those that have opened since; call it when they are on record. What was answered early is not news. */
export function tellOpened(m: Milestone): void {
  const { untold = [], inbox, unrecorded } = m.state;
  // Another line of work may have opened one a moment ago, which is not on record yet.
  const isNews = (id: string): boolean => untold.includes(id) && !unrecorded.opened.some((question) => question.id === id);
  const news = inbox.open.filter(({ id }) => isNews(id));
  for (const { id, task } of news) tell(m, task, { breakpoint: id, why: 'opened', n: 1 });
  m.state.untold = untold.filter((id) => !news.some((question) => question.id === id));
}

export function tellReminder(m: Milestone, question: { id: string; task: string | null }, n: number): void {
  tell(m, question.task, { breakpoint: question.id, why: 'reminder', n });
}

export function tellEscalated(m: Milestone, question: { id: string; task: string | null }): void {
  tell(m, question.task, { breakpoint: question.id, why: 'escalated', n: 1 });
}

/** The answer joins the next record. Of a question that nobody was told of, nobody is told any more. */
export function closeQuestion(m: Milestone, answer: AnsweredBreakpoint): void {
  m.state.unrecorded.answered.push(answer);
  if (m.state.untold) m.state.untold = m.state.untold.filter((id) => id !== answer.id);
}
