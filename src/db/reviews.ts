/** What the reviewer said about a turn. */
import type { Insertable, Selectable } from 'kysely';
import type { TurnRef } from '../domain/ids.ts';
import type { ReviewOutcome } from '../domain/review.ts';
import { cleanText, jsonText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { ReviewTable } from './schema-judgement.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

/**
 * The turn must exist. May be repeated: a judgement stays; only an `unavailable` is replaced, because a person may have the
 * review tried again.
 */
export async function insertReview(db: Db, ref: TurnRef, outcome: ReviewOutcome): Promise<void> {
  const values = columnsOf(outcome);
  await underLease(db, ref, (tx) => tx.insertInto('review').values({ turn_id: turnIdSql(ref), ...values })
    .onConflict((oc) => oc.column('turn_id').doUpdateSet(values).where('review.kind', '=', 'unavailable')).execute());
}

function columnsOf(outcome: ReviewOutcome): Omit<Insertable<ReviewTable>, 'turn_id'> {
  const { kind, model, tries } = outcome;
  if (kind === 'unavailable') return { kind, model, tries, reason: outcome.reason, message: cleanText(outcome.message) };
  const { review, promptHash, durationMs } = outcome;
  return {
    kind, model, tries, prompt_hash: promptHash, duration_ms: Math.round(durationMs), review: jsonText(review),
    quality: review.quality, confidence: review.confidence, reason: null, message: null,
  };
}

/** Undefined when the turn was not reviewed. */
export async function reviewOf(db: Db, ref: TurnRef): Promise<ReviewOutcome | undefined> {
  const row = await db.selectFrom('review').selectAll().where('turn_id', '=', turnIdSql(ref)).executeTakeFirst();
  return row && fromRow(row);
}

function fromRow({ kind, model, tries, review, reason, message, ...row }: Selectable<ReviewTable>): ReviewOutcome {
  if (kind === 'unavailable') return { kind, model, tries, reason: reason ?? 'unreachable', message: message ?? '' };
  if (!review) throw new Error(`review of turn row ${row.turn_id} has no content`);
  return { kind, model, tries, review, promptHash: row.prompt_hash ?? '', durationMs: row.duration_ms ?? 0 };
}
