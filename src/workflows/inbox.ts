/**
 * Answers of people, by the id of their question: the first one wins, early ones wait (bounded), late ones learn who
 * was first. Plain functions over plain JSON; the handlers are in answer-handlers.ts.
 */
import { noteProblem } from '../domain/asked-question.ts';
import { BREAKPOINTS, type AnswerAction, type BreakpointKind } from '../domain/breakpoints.ts';
import type { FailureKind } from '../domain/failure-kind.ts';
import { parseBreakpointId } from '../domain/ids.ts';
import type { AnsweredBreakpoint, AnsweredVia } from '../domain/questions.ts';
import type { Answer, OpenBreakpoint } from './messages.ts';

export interface InboxState {
  open: OpenBreakpoint[];
  early: { answer: Answer; via: AnsweredVia; at: string }[];
  /** Answered questions, newest last: enough to tell a late caller who was first. */
  settled: { id: string; action: AnswerAction; by: string | null; at: string }[];
  /** Answers the workflow has not acted on yet. */
  answers: AnsweredBreakpoint[];
}

// All of it travels through continue-as-new, whose payload stays under 64 KiB.
export const MAX_EARLY = 16;
export const MAX_SETTLED = 100;
export const MAX_NOTE = 2_000;
const MAX_NAME = 200;

export interface Refusal {
  kind: 'refused';
  failure: FailureKind;
  message: string;
  first?: { action: AnswerAction; by: string | null; at: string };
}

export type Verdict = { kind: 'answers'; answer: Answer } | { kind: 'early'; answer: Answer } | Refusal;

export interface Scope {
  project: string;
  milestone: string;
}

export const refused = (failure: FailureKind, message: string): Refusal => ({ kind: 'refused', failure, message });

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.length > 0 && value.length <= max;

/** What is wrong with a payload, or nothing. It may come from the Web UI, so anything may be in it. */
function problemOf(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return 'the payload is not an object';
  const { breakpoint, action, note, by, tree, via } = payload as Record<string, unknown>;
  if (!isText(breakpoint, 300)) return '"breakpoint" is missing: the id of the question';
  if (!isText(action, 30)) return '"action" is missing';
  if (note !== undefined && note !== null && (typeof note !== 'string' || note.length > MAX_NOTE)) return `"note" is not a text of at most ${MAX_NOTE} characters`;
  if (by !== undefined && by !== null && !isText(by, MAX_NAME)) return '"by" is not a name';
  if (via !== undefined && via !== null && via !== 'cli') return '"via" can only be "cli"';
  if (tree !== undefined && tree !== null && !isText(tree, 100)) return '"tree" is not a tree id';
  return undefined;
}

function toAnswer(payload: unknown): Answer {
  const { breakpoint, action, note, by, tree, via } = payload as Answer;
  return { breakpoint, action, ...(note?.trim() && { note: note.trim() }), ...(by && { by }), ...(tree && { tree }), ...(via && { via }) };
}

function checkAction(kind: BreakpointKind, actions: readonly AnswerAction[], needNote: readonly AnswerAction[], answer: Answer): Refusal | undefined {
  if (!actions.includes(answer.action)) {
    return refused('action_not_allowed', `${kind} cannot be answered with "${answer.action}", only with ${actions.join(', ')}`);
  }
  if (needNote.includes(answer.action) && !answer.note) {
    const why = answer.action === 'restore' ? 'say that you know what it does not undo; the question lists that' : 'say what to change';
    return refused('bad_input', `"${answer.action}" needs a note: ${why}`);
  }
  return undefined;
}

function judgeOpen(question: OpenBreakpoint, answer: Answer): Verdict {
  const wrong = checkAction(question.kind, question.actions, question.noteRequired, answer);
  if (wrong) return wrong;
  const unclear = noteProblem(question.kind, question.detail, answer.note ?? '');
  if (unclear !== undefined && answer.action !== 'abort') return refused('bad_input', unclear);
  if (answer.tree && question.tree && answer.tree !== question.tree) {
    return refused('tree_moved', `the answer is about tree ${answer.tree}, the question is about ${question.tree}`);
  }
  return { kind: 'answers', answer };
}

function judgeUnopened(inbox: InboxState, scope: Scope, answer: Answer): Verdict {
  const first = inbox.settled.find((s) => s.id === answer.breakpoint);
  if (first) {
    const { action, by, at } = first;
    return { ...refused('already_answered', `answered with "${action}" by ${by ?? 'somebody'} at ${at}`), first: { action, by, at } };
  }
  const ref = parseBreakpointId(answer.breakpoint);
  const known = ref && ref.project === scope.project && ref.milestone === scope.milestone && Object.hasOwn(BREAKPOINTS, ref.kind);
  if (!known) return refused('unknown_breakpoint', `${answer.breakpoint} is not a question of ${scope.project}/${scope.milestone}`);
  const kind = ref.kind as BreakpointKind;
  const wrong = checkAction(kind, BREAKPOINTS[kind].actions, BREAKPOINTS[kind].noteRequired, answer);
  if (wrong) return wrong;
  // Nobody can have seen yet what it will be about.
  if (answer.action === 'restore') return refused('not_open', `${answer.breakpoint} is not open: what a restore would do is seen when it is`);
  if (BREAKPOINTS[kind].dangerous) return refused('not_open', `${answer.breakpoint} is not open, and no answer to ${kind} is kept before it opens`);
  return { kind: 'early', answer };
}

/** What a payload would do; changes nothing. */
export function judgeAnswer(inbox: InboxState, scope: Scope, payload: unknown): Verdict {
  const problem = problemOf(payload);
  if (problem) return refused('bad_input', problem);
  const answer = toAnswer(payload);
  const question = inbox.open.find((b) => b.id === answer.breakpoint);
  return question ? judgeOpen(question, answer) : judgeUnopened(inbox, scope, answer);
}

/** The question is closed by this answer; from now on every other one is late. */
export function settle(inbox: InboxState, answer: Answer, via: AnsweredVia, at: string): void {
  const { breakpoint: id, action } = answer;
  const by = answer.by ?? null;
  inbox.open = inbox.open.filter((b) => b.id !== id);
  inbox.settled.push({ id, action, by, at });
  if (inbox.settled.length > MAX_SETTLED) inbox.settled.shift();
  inbox.answers.push({ id, action, note: answer.note ?? null, by, via, at });
}

/** False when the bound is reached; a second early answer to the same question changes nothing. */
export function keepEarly(inbox: InboxState, answer: Answer, via: AnsweredVia, at: string): boolean {
  if (inbox.early.some((e) => e.answer.breakpoint === answer.breakpoint)) return true;
  if (inbox.early.length >= MAX_EARLY) return false;
  inbox.early.push({ answer, via, at });
  return true;
}

/** Opens the question; an early answer that fits settles it at once. */
export function openQuestion(inbox: InboxState, question: OpenBreakpoint): void {
  inbox.open.push(question);
  const early = inbox.early.find((e) => e.answer.breakpoint === question.id);
  if (!early) return;
  inbox.early = inbox.early.filter((e) => e !== early);
  // A person may have been early about another tree than the one that is asked about now.
  if (judgeOpen(question, early.answer).kind === 'answers') settle(inbox, early.answer, early.via, early.at);
}

/** The answer to that question; it stays. */
export const answerTo = (inbox: InboxState, id: string): AnsweredBreakpoint | undefined => inbox.answers.find((a) => a.id === id);

/** The answer to that question, once. */
export function takeAnswer(inbox: InboxState, id: string): AnsweredBreakpoint | undefined {
  const answer = inbox.answers.find((a) => a.id === id);
  inbox.answers = inbox.answers.filter((a) => a !== answer);
  return answer;
}
