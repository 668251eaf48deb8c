/**
 * The first schema. Frozen once released: a later change is a new file. SQL, because checks, partial indexes and comments
 * read best so. Every table that an activity writes has a natural key, so that the activity may run twice.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { JUDGEMENT_TABLES } from './0001_initial/judgement.ts';
import { PLAN_TABLES } from './0001_initial/plan.ts';
import { TALK_TABLES } from './0001_initial/talk.ts';
import { TURN_TABLES } from './0001_initial/turn.ts';

const TABLES = [
  'event', 'breakpoint', 'decision', 'review', 'evidence', 'checkpoint', 'file_change', 'agent_event', 'run', 'turn',
  'workspace_lease', 'task_dependency', 'task', 'milestone', 'project', 'plan',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...PLAN_TABLES, ...TURN_TABLES, ...JUDGEMENT_TABLES, ...TALK_TABLES]) {
    await sql.raw(statement).execute(db);
  }
}

/** Drops all data. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`drop table ${TABLES.join(', ')}`).execute(db);
}
