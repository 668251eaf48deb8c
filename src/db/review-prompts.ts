/** What a reviewer was asked about a turn: kept, so that another one can be asked the same. */
import type { TurnRef } from '../domain/ids.ts';
import { cleanText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface ReviewQuestion {
  system: string;
  prompt: string;
  promptHash: string;
}

/** The turn must exist. May be repeated: the same question is one row. Both texts are redacted. */
export async function insertReviewPrompt(db: Db, ref: TurnRef, { system, prompt, promptHash }: ReviewQuestion): Promise<void> {
  await underLease(db, ref, (tx) => tx.insertInto('review_prompt')
    .values({ turn_id: turnIdSql(ref), prompt_hash: promptHash, system: cleanText(system), prompt: cleanText(prompt) })
    .onConflict((oc) => oc.doNothing()).execute());
}

/** The latest of the turn; undefined when nobody was asked, or by an older version. */
export async function reviewPromptOf(db: Db, ref: TurnRef): Promise<ReviewQuestion | undefined> {
  const row = await db.selectFrom('review_prompt').selectAll().where('turn_id', '=', turnIdSql(ref)).orderBy('at', 'desc').limit(1).executeTakeFirst();
  return row && { system: row.system, prompt: row.prompt, promptHash: row.prompt_hash };
}
