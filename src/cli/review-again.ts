/** Asks a reviewer of today what a reviewer was asked about a past turn. */
import { reviewPromptOf } from '../db/review-prompts.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { JudgeFacts } from '../domain/judge.ts';
import type { Reviewer, ReviewOutcome } from '../domain/review.ts';
import { builtinReviewers, createReviewers, loadReviewerPackages } from '../llm/registry.ts';
import type { Session } from './session.ts';

const DEADLINE_MS = 180_000;

export async function reviewerNamed({ config }: Session, model: string): Promise<Reviewer> {
  const reviewers = createReviewers(builtinReviewers({ ollama: { host: config.ollamaHost } }), await loadReviewerPackages(config.reviewers));
  return reviewers.make({ name: 'ollama', deadlineMs: DEADLINE_MS, ...config.reviewer, model });
}

/** `review`: to judge by. */
export interface AskedAgain {
  kind: 'reviewed' | 'unavailable' | 'impossible' | 'unneeded';
  message?: string;
  review?: ReviewOutcome;
}

/** Throws `model_unreachable` when no turn at all could be asked about; rubbish and a deadline are the turn's. */
export async function reviewAgain({ session, reviewer, turn, facts, signal }: {
  session: Session; reviewer: Reviewer; turn: TurnRef; facts: JudgeFacts; signal: AbortSignal;
}): Promise<AskedAgain> {
  if (!facts.review) return { kind: 'unneeded', message: 'the reviewer was not asked about this turn' };
  const asked = await reviewPromptOf(session.db, turn);
  if (!asked) return { kind: 'impossible', message: 'what the reviewer was asked about this turn is not kept: the review of then stands' };
  const review = await reviewer.review({ ...asked, deadlineMs: session.config.reviewer?.deadlineMs ?? DEADLINE_MS }, signal);
  if (review.kind === 'reviewed') return { kind: 'reviewed', review };
  if (review.reason === 'unreachable' || review.reason === 'model_missing') {
    throw new HoldpointError('model_unreachable', `${review.model} cannot be asked: ${review.message}`, { hint: 'see `holdpoint doctor`' });
  }
  return { kind: 'unavailable', message: `${review.reason}: ${review.message}`, review };
}
