/** Notes for people that belong to no table of their own: paused, watcher lost, run cancelled. */
import { sql, type InsertObject } from 'kysely';
import { cleanText } from './columns.ts';
import type { Database } from './schema.ts';
import type { Db } from './transaction.ts';

export interface NewEvent {
  project: string;
  milestone?: string;
  kind: string;
  /** One line. */
  message: string;
  /** With the kind it names the event: the same one again is not stored. */
  key: string;
  workflowId?: string;
  runId?: string;
  /** RFC 3339; default: now, by the database's clock. */
  at?: string;
}

export interface StoredEvent {
  id: number;
  project: string;
  milestone: string | null;
  kind: string;
  message: string;
  at: string;
}

/** May be repeated. */
export const noteEvent = (db: Db, event: NewEvent): Promise<void> => noteEvents(db, [event]);

/** May be repeated. */
export async function noteEvents(db: Db, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db.insertInto('event').values(events.map(toRow)).onConflict((oc) => oc.column('key').doNothing()).execute();
}

const toRow = ({ project, milestone, kind, message, key, workflowId, runId, at }: NewEvent): InsertObject<Database, 'event'> => ({
  key: `${key}/${kind}`, project, milestone: milestone ?? null, kind, message: cleanText(message),
  workflow_id: workflowId ?? null, run_id: runId ?? null, at: at ?? sql<Date>`now()`,
});

/** Of a project or one of its milestones, oldest first, after the id `after`. */
export async function eventsOf(db: Db, of: { project: string; milestone?: string }, { after = 0, limit = 500 } = {}): Promise<StoredEvent[]> {
  const rows = await db.selectFrom('event').select(['id', 'project', 'milestone', 'kind', 'message', 'at'])
    .where('project', '=', of.project).where('id', '>', after)
    .$if(of.milestone !== undefined, (query) => query.where('milestone', '=', of.milestone ?? null))
    .orderBy('id').limit(limit).execute();
  return rows.map(({ at, ...rest }) => ({ ...rest, at: at.toISOString() }));
}
