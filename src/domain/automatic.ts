/**
 * What a plan may have answered without a person, and when: `after` and `then`, reminders, escalation. Instants, not
 * lengths, so that they hold through a restart and a fresh history. Package-free: workflow code imports this file.
 */
import { BREAKPOINTS, type AnswerAction, type BreakpointKind, type Priority } from './breakpoints.ts';
import type { BreakpointPolicy } from './plan.ts';
import type { OpenBreakpoint, QuestionTimers } from './questions.ts';

/** All that a time-out may answer to a dangerous question. A list of what may, so that an action of tomorrow may not. */
const REFUSALS: ReadonlySet<string> = new Set(['deny', 'retry', 'abort']);

/** Answers that take the work as it is. */
const ACCEPTING: ReadonlySet<string> = new Set(['approve', 'allow', 'allow-always', 'keep', 'finish', 'skip-review']);

export const acceptsWork = (action: AnswerAction): boolean => ACCEPTING.has(action);

const OF_TREE: ReadonlySet<string> = new Set(['approve', 'keep', 'finish', 'skip-review']);

/** The answer accepts the files that were asked about, and no others. A plan of the agent's is no files yet. */
export const bindsToTree = (kind: BreakpointKind, action: AnswerAction): boolean => OF_TREE.has(action) && kind !== 'plan_approval';

/** While these are open, a required check does not meet its expectation. */
const UNMET: ReadonlySet<BreakpointKind> = new Set<BreakpointKind>(['breaking_test_failure', 'consecutive_failures']);

/** What stands against that answer being given by itself. */
function obstacle(kind: BreakpointKind, action: AnswerAction): string | undefined {
  const { actions, noteRequired, dangerous } = BREAKPOINTS[kind];
  if (!actions.includes(action)) return `"${action}" is no answer to ${kind}`;
  if (noteRequired.includes(action)) return `"${action}" needs a note, and nobody would write one`;
  if (dangerous && !REFUSALS.has(action)) return `${kind} is about something dangerous: no time-out approves it`;
  if (UNMET.has(kind) && acceptsWork(action)) return `${kind} means that a required check fails: no time-out approves that`;
  if (action === 'restore') return 'only a person restores files: what that does not undo has to be seen first';
  return action === 'resolved' ? `only a person can say that ${kind} is resolved` : undefined;
}

export const automaticActions = (kind: BreakpointKind): AnswerAction[] =>
  BREAKPOINTS[kind].actions.filter((action) => obstacle(kind, action) === undefined);

/** Why the plan may not have that answer given by itself, and which it may; undefined when it may. */
export function whyNotAutomatic(kind: BreakpointKind, action: AnswerAction): string | undefined {
  const why = obstacle(kind, action);
  return why && `${why}; possible: ${automaticActions(kind).join(', ')}`;
}

const URGENCY: readonly Priority[] = ['low', 'medium', 'high'];

export const isMoreUrgent = (one: Priority, than: Priority): boolean => URGENCY.indexOf(one) > URGENCY.indexOf(than);

/** Most urgent first, of those the oldest. */
export const byUrgency = (a: Pick<OpenBreakpoint, 'priority' | 'openedAt'>, b: Pick<OpenBreakpoint, 'priority' | 'openedAt'>): number =>
  URGENCY.indexOf(b.priority) - URGENCY.indexOf(a.priority) || Date.parse(a.openedAt) - Date.parse(b.openedAt);

const after = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();

const DAY_MS = 86_400_000;

/** Reminder `n`, from 1, comes that long after the one before: twice as long each time, up to a day or what the plan says. */
export const reminderGapMs = (everyMs: number, n: number): number => Math.min(everyMs * 2 ** Math.min(n - 1, 30), Math.max(everyMs, DAY_MS));

/** What a question does by itself while it is open; undefined where the plan says nothing of it. */
export function timersOf(policy: BreakpointPolicy | undefined, question: Pick<OpenBreakpoint, 'kind' | 'openedAt' | 'priority'>): QuestionTimers | undefined {
  const { kind, openedAt, priority } = question;
  const { automatic, remindMs, escalate } = policy ?? {};
  const timers: QuestionTimers = {
    // The plan was checked when it was read; asked again, because a stored one may be of any age.
    ...(automatic && whyNotAutomatic(kind, automatic.then) === undefined && { automatic: { at: after(openedAt, automatic.afterMs), action: automatic.then } }),
    ...(remindMs && { remind: { at: after(openedAt, remindMs), everyMs: remindMs, n: 1 } }),
    ...(escalate && isMoreUrgent(escalate.priority, priority) && { escalate: { at: after(openedAt, escalate.afterMs), priority: escalate.priority } }),
  };
  return Object.keys(timers).length > 0 ? timers : undefined;
}

export type Due =
  | { what: 'answer'; at: string; action: AnswerAction; by: string }
  | { what: 'escalate'; at: string; priority: Priority }
  | { what: 'remind'; at: string; n: number };

/** What the question does next by itself; null: it waits for a person. An answer goes before anything else of the same instant. */
export function nextDue({ until, timers = {} }: Pick<OpenBreakpoint, 'until' | 'timers'>): Due | null {
  const { automatic, escalate, remind } = timers;
  const due: Due[] = [
    ...(until === undefined ? [] : [{ what: 'answer', at: until, action: 'retry', by: 'the timer' } as const]),
    ...(automatic ? [{ what: 'answer', ...automatic, by: 'the plan' } as const] : []),
    ...(escalate ? [{ what: 'escalate', ...escalate } as const] : []),
    ...(remind ? [{ what: 'remind', at: remind.at, n: remind.n } as const] : []),
  ];
  return due.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0] ?? null;
}

/** The timers after a reminder was given or the question was escalated. */
export function afterDue(timers: QuestionTimers, done: Due, now: string): QuestionTimers {
  const { remind, escalate, ...rest } = timers;
  if (done.what === 'escalate') return { ...rest, ...(remind && { remind }) };
  if (done.what !== 'remind' || !remind) return timers;
  const n = remind.n + 1;
  // Counted from now: after days without a worker one reminder is due, not all that were missed.
  return { ...rest, ...(escalate && { escalate }), remind: { ...remind, n, at: after(now, reminderGapMs(remind.everyMs, n)) } };
}
