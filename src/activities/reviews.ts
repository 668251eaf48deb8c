/** The local model's judgement of a completed turn. A model that cannot judge is a value, never an exception. */
import { randomBytes } from 'node:crypto';
import { evidenceOf } from '../db/evidence.ts';
import { insertReview, reviewOf } from '../db/reviews.ts';
import { firstTreeOfTask, turn as loadTurn } from '../db/turns.ts';
import { composeReviewPrompt } from '../domain/review-prompt.ts';
import type { ReviewOutcome } from '../domain/review.ts';
import type { HostActivities, ReviewResult, TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';

/** What is asked of the host; the prompt cuts it to what the model is given. */
const DIFF_BYTES = 256 * 1024;

/** What the task has changed so far, not only this attempt: a retry is judged by the whole. */
async function diffOf(deps: Deps, context: Planned, call: TurnCall, beat: Beat): Promise<string> {
  const [{ treeAfter, treeBefore }, first] = await Promise.all([loadTurn(deps.db, call), firstTreeOfTask(deps.db, call)]);
  const request = { workspace: context.plan.workspace.path, from: first ?? treeBefore, to: treeAfter ?? treeBefore, path: null, maxBytes: DIFF_BYTES };
  const { text } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffText(request));
  return deps.redactor(context.plan.agent).text(text);
}

async function review(deps: Deps, call: TurnCall, beat: Beat): Promise<ReviewOutcome> {
  const context = await planned(deps, call);
  const { reviewer: settings } = context.plan;
  const task = taskIn(context, call.task);
  const [evidence, diff] = await Promise.all([evidenceOf(deps.db, call), diffOf(deps, context, call, beat)]);
  const nonce = randomBytes(12).toString('hex');
  const request = composeReviewPrompt({ task, evidence, diff, nonce });
  return deps.reviewer(settings).review({ ...request, deadlineMs: settings.deadlineMs }, beat.signal);
}

const toResult = (outcome: ReviewOutcome): ReviewResult =>
  outcome.kind === 'reviewed'
    ? { kind: 'reviewed', quality: outcome.review.quality, confidence: outcome.review.confidence }
    : { kind: 'unavailable', quality: null, confidence: null };

export const createReviews = (deps: Deps): Pick<HostActivities, 'reviewTurn'> => ({
  async reviewTurn(call) {
    const [stored, evidence] = await Promise.all([reviewOf(deps.db, call), evidenceOf(deps.db, call)]);
    if (stored?.kind === 'reviewed') return toResult(stored);
    // No score can overrule a required check, so nobody waits for one.
    if (evidence.some(({ required, met }) => required && !met)) return { kind: 'skipped', quality: null, confidence: null };
    return withHeartbeat(async (beat) => {
      const outcome = await review(deps, call, beat);
      await insertReview(deps.db, { ...call, ...thisAttempt() }, outcome);
      return toResult(outcome);
    });
  },
});
