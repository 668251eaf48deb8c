/** The local models' judgement of a completed turn. A model that cannot judge is a value, never an exception. */
import { evidenceOf } from '../db/evidence.ts';
import { insertReviewPrompt, type ReviewQuestion } from '../db/review-prompts.ts';
import { insertReview, reviewsOf } from '../db/reviews.ts';
import { reviewersOf } from '../domain/plan.ts';
import type { ReviewOutcome } from '../domain/review.ts';
import { askReviewer } from './ask-reviewer.ts';
import type { HostActivities, ReviewResult, TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import { diffOfTask } from './review-diff.ts';
import { combinedReview, storedReview } from './stored-reviews.ts';

const toResult = (outcome: ReviewOutcome | undefined): ReviewResult =>
  outcome?.kind === 'reviewed'
    ? { kind: 'reviewed', quality: outcome.review.quality, confidence: outcome.review.confidence }
    : { kind: 'unavailable', quality: null, confidence: null };

const redacted = (deps: Deps, { plan }: Planned, { system, prompt, promptHash }: ReviewQuestion): ReviewQuestion =>
  ({ system, prompt: deps.redactor(plan.agent).text(prompt), promptHash });

/** One after the other: they share the machine of the model server. Each that is done is kept, whatever becomes of the next. */
async function askAll(deps: Deps, context: Planned, call: TurnCall, beat: Beat): Promise<void> {
  const { plan } = context;
  const stored = await reviewsOf(deps.db, call);
  const missing = reviewersOf(plan).filter((settings) => storedReview(plan, settings, stored)?.outcome.kind !== 'reviewed');
  if (missing.length === 0) return;
  const [evidence, diff] = await Promise.all([evidenceOf(deps.db, call), diffOfTask(deps, context, call, beat)]);
  const keep = (question: ReviewQuestion): Promise<void> => insertReviewPrompt(deps.db, { ...call, ...thisAttempt() }, redacted(deps, context, question));
  const subject = { task: taskIn(context, call.task), evidence, diff, own: plan.prompts, keep };
  for (const settings of missing) {
    const { outcome, prompt } = await askReviewer(deps.reviewer(settings), settings, subject, beat.signal);
    await insertReview(deps.db, { ...call, ...thisAttempt() }, { reviewer: settings.name, outcome }, prompt);
  }
}

export const createReviews = (deps: Deps): Pick<HostActivities, 'reviewTurn'> => ({
  async reviewTurn(call) {
    const [context, evidence] = await Promise.all([planned(deps, call), evidenceOf(deps.db, call)]);
    // No score can overrule a required check, so nobody waits for one.
    if (evidence.some(({ required, met }) => required && !met)) return { kind: 'skipped', quality: null, confidence: null };
    return withHeartbeat(async (beat) => {
      await askAll(deps, context, call, beat);
      return toResult(await combinedReview(deps.db, context.plan, call));
    });
  },
});
