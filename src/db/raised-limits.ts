/** Limits that people have raised, one row for each amount. */
import type { RaisedLimit } from '../domain/limits/extension.ts';
import { cleanOrNull } from './columns.ts';
import type { Db } from './transaction.ts';

export interface RaisedBy {
  project: string;
  /** Absent: the project as a whole. */
  milestone?: string;
  runId: string;
}

/** `key` names the call: repeating it stores nothing twice. */
export async function noteRaised(db: Db, { project, milestone, runId }: RaisedBy, raised: readonly RaisedLimit[], { key, at }: { key: string; at: string }): Promise<void> {
  if (raised.length === 0) return;
  await db.insertInto('raised_limit').values(raised.map(({ what, level, task, amount, by }, n) => ({
    key: `${key}/${n}`, project, milestone: milestone ?? null, task, what, level, amount, raised_by: cleanOrNull(by), run_id: runId, at,
  }))).onConflict((oc) => oc.doNothing()).execute();
}
