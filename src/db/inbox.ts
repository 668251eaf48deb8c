/** The `inbox` document: every open question, most urgent and oldest first. The CLI adds how to answer each. */
import { sql } from 'kysely';
import { questionOf } from './breakpoints.ts';
import type { Question } from './breakpoints.ts';
import type { Db } from './transaction.ts';

/** Of one project or of all. One round trip. */
export async function readInbox(db: Db, project?: string): Promise<Question[]> {
  const rows = await db.selectFrom('breakpoint').selectAll().where('answered_at', 'is', null).where('closed_at', 'is', null)
    .$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
    .orderBy(sql`array_position(array['high', 'medium', 'low'], priority)`).orderBy('opened_at').orderBy('id')
    .execute();
  return rows.map(questionOf);
}
