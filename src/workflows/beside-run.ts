/** Questions that are open while the run they are about goes on: at most one of a stall and one of its time. */
import type { ReportedStall, RunStalled } from '../activities/contract.ts';
import { describeTimeLimit } from '../domain/limits/time.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import type { Question } from './after-answer.ts';
import { ask } from './breakpoints.ts';
import { settle, takeAnswer } from './inbox.ts';
import type { Milestone, TaskProgress } from './milestone-state.ts';
import { closeQuestion } from './notices.ts';
import { noteEvent, record } from './recorder.ts';
import { refresh } from './visibility.ts';
import { timeLimitOf } from './work-time.ts';

export interface Beside {
  id: string;
  /** What it is about, for the attempt after. */
  message: string;
  asked: Question;
}

export interface BesideRun {
  stall?: Beside & { reported: ReportedStall };
  time?: Beside;
  /** Kind of the question that nobody has been told of yet. */
  isNew?: Question['kind'];
  /** When the run's time was counted last, in milliseconds. */
  since?: number;
}

type Name = 'stall' | 'time';

export const beside = ({ stall, time }: BesideRun): Beside[] => [stall, time].filter((one) => one !== undefined);

/** Undefined where the plan asks nobody: then what it says instead is done. */
function open(m: Milestone, asked: BesideRun, question: Question, message: string): Beside | undefined {
  const step = ask(m, question, message);
  refresh(m);
  if (step.at !== 'ask' || step.kind !== question.kind) return undefined;
  asked.isNew = question.kind;
  return { id: step.breakpoint, message, asked: question };
}

export function askAboutStall(m: Milestone, task: TaskProgress, asked: BesideRun, { message, kind, offset }: RunStalled): void {
  const question = open(m, asked, { kind: 'stalled', task: task.id, back: { at: 'runTurn', task: task.id } }, message);
  if (question) asked.stall = { ...question, reported: { question: question.id, kind, offset } };
}

/** Does nothing while there is time left, or somebody is asked already. */
export function askAboutTime(m: Milestone, task: TaskProgress, asked: BesideRun): void {
  const limit = asked.time ? null : timeLimitOf(m, task, asked);
  if (limit === null || limit.leftMs > 0) return;
  const planMs = (limit.of === 'turn' ? m.brief.time?.turnMs : m.brief.time?.taskMs) ?? 0;
  const detail = { limit: 'time', of: limit.of, planMs };
  const question = open(m, asked, { kind: 'time_threshold_exceeded', task: task.id, back: { at: 'runTurn', task: task.id }, detail }, describeTimeLimit(limit));
  if (question) asked.time = question;
}

/** A person's answer to one of them, which is open no more. */
export function takeAnswerBeside(m: Milestone, asked: BesideRun): { question: Beside; answer: AnsweredBreakpoint } | undefined {
  for (const name of ['stall', 'time'] as const) {
    const question = asked[name];
    const answer = question && takeAnswer(m.state.inbox, question.id);
    if (!answer) continue;
    delete asked[name];
    return { question, answer };
  }
  return undefined;
}

const BY_ITSELF = { stall: { action: 'wait', event: 'stall_over' }, time: { action: 'extend', event: 'time_over' } } as const;

function closeOne(m: Milestone, task: TaskProgress, id: string, name: Name, note: string): boolean {
  const { inbox } = m.state;
  if (!inbox.open.some((one) => one.id === id)) {
    // Answered while the run was being ended for another one: on record, with nothing left to do.
    const given = takeAnswer(inbox, id);
    if (given) closeQuestion(m, given);
    return given !== undefined;
  }
  const { action, event } = BY_ITSELF[name];
  settle(inbox, { breakpoint: id, action, by: 'the run', note }, 'itself', new Date().toISOString());
  const answer = takeAnswer(inbox, id);
  if (answer) closeQuestion(m, answer);
  noteEvent(m.state, event, `${task.id} #${task.turn}: ${note}`);
  return true;
}

/** The run has answered for the person, who need not any more. */
export async function closeByItself(m: Milestone, task: TaskProgress, asked: BesideRun, note: string, names: readonly Name[] = ['stall', 'time']): Promise<void> {
  const closed = names.filter((name) => {
    const question = asked[name];
    delete asked[name];
    return question !== undefined && closeOne(m, task, question.id, name, note);
  });
  if (closed.length === 0) return;
  if (beside(asked).length === 0) task.state = 'running';
  refresh(m);
  await record(m, `${task.id} #${task.turn} ${note}`);
}
