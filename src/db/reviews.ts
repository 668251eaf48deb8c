/** What the reviewers said about a turn: a row each. */
import type { Insertable, Selectable } from 'kysely';
import type { TurnRef } from '../domain/ids.ts';
import type { AskedReview } from '../domain/review-majority.ts';
import type { ReviewOutcome } from '../domain/review.ts';
import { cleanText, jsonText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { ReviewTable } from './schema-judgement.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

/** What the reviewer's prompt was made of. */
export interface ReviewPromptFacts {
  /** Version of the templates. */
  templates: string;
  /** Null: the model did not say. */
  windowTokens: number | null;
  /** As counted here. */
  tokens: number;
  notShown: string[];
}

/**
 * The turn must exist. May be repeated: a judgement stays; only an `unavailable` is replaced, because a person may have the
 * review tried again. `prompt`: null when it was never made.
 */
export async function insertReview(db: Db, ref: TurnRef, { reviewer, outcome }: AskedReview, prompt: ReviewPromptFacts | null = null): Promise<void> {
  const values = { reviewer: cleanText(reviewer), ...columnsOf(outcome), ...promptColumns(prompt) };
  await underLease(db, ref, (tx) => tx.insertInto('review').values({ turn_id: turnIdSql(ref), ...values })
    .onConflict((oc) => oc.columns(['turn_id', 'reviewer', 'model']).doUpdateSet(values).where('review.kind', '=', 'unavailable')).execute());
}

type Columns = Omit<Insertable<ReviewTable>, 'turn_id' | 'reviewer'>;

function columnsOf(outcome: ReviewOutcome): Columns {
  const { kind, model, tries } = outcome;
  if (kind === 'unavailable') return { kind, model, tries, reason: outcome.reason, message: cleanText(outcome.message) };
  const { review, promptHash, durationMs } = outcome;
  return {
    kind, model, tries, prompt_hash: promptHash, duration_ms: Math.round(durationMs), review: jsonText(review),
    quality: review.quality, confidence: review.confidence, model_tokens: outcome.modelTokens ?? null, reason: null, message: null,
  };
}

function promptColumns(prompt: ReviewPromptFacts | null): Partial<Columns> {
  if (!prompt) return {};
  const { templates, windowTokens, tokens, notShown } = prompt;
  return { templates, window_tokens: windowTokens, prompt_tokens: tokens, not_shown: jsonText(notShown.map(cleanText)) };
}

/** The turn goes on: its end has to be reviewed anew. May be repeated. */
export const dropReviews = (db: Db, ref: TurnRef): Promise<void> =>
  underLease(db, ref, async (tx) => void (await tx.deleteFrom('review').where('turn_id', '=', turnIdSql(ref)).execute()));

/** In the order of their names; none when the turn was not reviewed. */
export async function reviewsOf(db: Db, ref: TurnRef): Promise<AskedReview[]> {
  const rows = await db.selectFrom('review').selectAll().where('turn_id', '=', turnIdSql(ref)).orderBy('reviewer').orderBy('model').execute();
  return rows.map((row) => ({ reviewer: row.reviewer, outcome: fromRow(row) }));
}

function fromRow({ kind, model, tries, review, reason, message, ...row }: Selectable<ReviewTable>): ReviewOutcome {
  if (kind === 'unavailable') return { kind, model, tries, reason: reason ?? 'unreachable', message: message ?? '' };
  if (!review) throw new Error(`review of turn row ${row.turn_id} has no content`);
  return {
    kind, model, tries, review, promptHash: row.prompt_hash ?? '', durationMs: row.duration_ms ?? 0,
    ...(row.model_tokens !== null && { modelTokens: row.model_tokens }), ...(row.not_shown && { notShown: row.not_shown.length }),
  };
}
