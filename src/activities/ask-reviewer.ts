/** One reviewer asked about one turn, with a prompt that fits what its model reads at once. */
import { randomBytes } from 'node:crypto';
import type { ReviewQuestion } from '../db/review-prompts.ts';
import type { ReviewPromptFacts } from '../db/reviews.ts';
import type { CheckEvidence } from '../domain/evidence.ts';
import type { OwnTemplates, ReviewerSettings, TaskPlan } from '../domain/plan.ts';
import { ASSUMED_WINDOW, countedRoom, TOKEN_MARGIN } from '../domain/prompt/fit.ts';
import type { CountTokens } from '../domain/prompt/fit.ts';
import { templatesVersion } from '../domain/prompt/templates.ts';
import { composeReviewPrompt } from '../domain/review-prompt.ts';
import type { ReviewPrompt } from '../domain/review-prompt.ts';
import type { ReviewOutcome, Reviewer } from '../domain/review.ts';
import { tokenCounter } from '../llm/tokens.ts';
import type { TaskDiff } from './review-diff.ts';

export interface ReviewSubject {
  task: TaskPlan;
  evidence: CheckEvidence[];
  diff: TaskDiff;
  own: OwnTemplates | undefined;
  /** Stores what is asked, before it is. */
  keep: (question: ReviewQuestion) => Promise<void>;
}

export interface AskedReviewer {
  outcome: ReviewOutcome;
  /** Null when no prompt was made. */
  prompt: ReviewPromptFacts | null;
}

/** A model whose tokenizer needs far more tokens than ours is given less, and less again. */
const SHRINK = [1, 0.6, 0.3] as const;

/** The settings' deadline holds for all of it. Throws only when cancelled. */
export async function askReviewer(reviewer: Reviewer, settings: ReviewerSettings, subject: ReviewSubject, signal: AbortSignal): Promise<AskedReviewer> {
  const until = Date.now() + settings.deadlineMs;
  const left = (): number => Math.max(1, until - Date.now());
  const window = (await reviewer.window?.(left(), signal)) ?? { kind: 'window', tokens: null };
  if (window.kind === 'unavailable') return { outcome: window, prompt: null };
  const count = await tokenCounter();
  let asked: AskedReviewer | undefined;
  for (const share of SHRINK) {
    const prompt = promptFor(subject, window.tokens, share, count);
    await subject.keep(prompt);
    const outcome = await reviewer.review({ ...requestOf(prompt, window.tokens), deadlineMs: left() }, signal);
    asked = { outcome: noted(outcome, prompt), prompt: factsOf(subject, prompt, window.tokens) };
    if (outcome.kind === 'reviewed' || outcome.reason !== 'prompt_cut') return asked;
  }
  return asked as AskedReviewer;
}

function promptFor({ task, evidence, diff, own }: ReviewSubject, window: number | null, share: number, count: CountTokens): ReviewPrompt {
  const room = { tokens: Math.floor(countedRoom(window ?? ASSUMED_WINDOW) * share), count };
  return composeReviewPrompt({ task, evidence, diff: diff.text, leftOut: diff.leftOut, room, own, nonce: randomBytes(12).toString('hex') });
}

const requestOf = ({ system, prompt, promptHash, tokens }: ReviewPrompt, window: number | null) => ({
  system, prompt, promptHash, promptTokens: Math.ceil(tokens * TOKEN_MARGIN), ...(window !== null && { windowTokens: window }),
});

const noted = (outcome: ReviewOutcome, { notShown }: ReviewPrompt): ReviewOutcome =>
  (outcome.kind === 'reviewed' ? { ...outcome, notShown: notShown.length } : outcome);

const factsOf = ({ own }: ReviewSubject, { tokens, notShown }: ReviewPrompt, windowTokens: number | null): ReviewPromptFacts =>
  ({ templates: templatesVersion(own), windowTokens, tokens, notShown });
