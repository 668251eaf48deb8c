/** The handlers of `answer` and its update twin. They only touch the state, never wait, and a signal never throws. */
import { ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import { byUrgency } from '../domain/automatic.ts';
import { isFailureKind } from '../domain/failure-kind.ts';
import { failureMessage, failureType } from './failures.ts';
import { judgeAnswer, keepEarly, refused, settle, type InboxState, type Refusal, type Scope } from './inbox.ts';
import { answerSignal, answerUpdate, breakpointsQuery, type Answer } from './messages.ts';

const now = (): string => new Date().toISOString();

/** With blanks: the drop-down of the Web UI breaks its lines there. */
const example = (scope: Scope): string =>
  `{"breakpoint": "${scope.project}/${scope.milestone}/milestone_completion.1", "action": "approve", "note": "optional", "by": "your name"}`;

export function refusal(why: Refusal): ApplicationFailure {
  return ApplicationFailure.create({
    type: why.failure, message: why.message, nonRetryable: true, details: why.first ? [{ first: why.first }] : [],
  });
}

/** What an activity behind an update failed with, as the failure of that update: the workflow goes on. */
export function refusalOf(error: unknown): ApplicationFailure {
  const type = failureType(error) ?? 'internal';
  return refusal(refused(isFailureKind(type) ? type : 'internal', failureMessage(error)));
}

function takeSignal(inbox: InboxState, scope: Scope, payload: unknown): void {
  const verdict = judgeAnswer(inbox, scope, payload);
  if (verdict.kind === 'answers') settle(inbox, verdict.answer, 'signal', now());
  else if (verdict.kind === 'refused') log.warn('answer ignored', { failure: verdict.failure, why: verdict.message });
  else if (!keepEarly(inbox, verdict.answer, 'signal', now())) log.warn('early answer dropped: too many are waiting', { breakpoint: verdict.answer.breakpoint });
}

/** Refuses with a reason unless the question is open right now: who updates wants to know what came of it. */
function demandOpen(inbox: InboxState, scope: Scope, payload: unknown): Answer {
  const verdict = judgeAnswer(inbox, scope, payload);
  if (verdict.kind === 'answers') return verdict.answer;
  if (verdict.kind === 'refused') throw refusal(verdict);
  throw refusal({ kind: 'refused', failure: 'not_open', message: `${verdict.answer.breakpoint} is not open` });
}

/** Registers the handlers. `inbox()` is asked each time: the state outlives no reference to a part of it. */
export function handleAnswers(scope: Scope, inbox: () => InboxState): void {
  setHandler(breakpointsQuery, () => inbox().open.toSorted(byUrgency), { description: 'Questions that wait for a person' });
  setHandler(answerSignal, (payload: unknown) => takeSignal(inbox(), scope, payload), {
    description: `Answer a question, also before it opens: ${example(scope)}`,
  });
  setHandler(
    answerUpdate,
    (payload: unknown) => {
      const answer = demandOpen(inbox(), scope, payload);
      settle(inbox(), answer, answer.via ?? 'update', now());
      return { accepted: true as const };
    },
    {
      validator: (payload: unknown) => void demandOpen(inbox(), scope, payload),
      description: `Answer an open question; refused with a reason otherwise: ${example(scope)}`,
    },
  );
}
