/** Words of people to the agent: kept when they come, handed to a run or put into a prompt, read once. */
import { sql } from 'kysely';
import type { TurnRef } from '../domain/ids.ts';
import { cleanOrNull, cleanText } from './columns.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface Said {
  id: string;
  project: string;
  milestone: string;
  epoch: number;
  /** Null: for whatever is worked on. */
  task: string | null;
  text: string;
  by: string | null;
  /** RFC 3339. */
  at: string;
}

/** May be repeated. */
export async function keepSteering(db: Db, { id, project, milestone, epoch, task, text, by, at }: Said): Promise<void> {
  await db.insertInto('steering').values({ id, project, milestone, epoch, task, text: cleanText(text), said_by: cleanOrNull(by), said_at: at })
    .onConflict((oc) => oc.column('id').doNothing()).execute();
}

/** May be repeated. */
export async function steeringSent(db: Db, id: string, runKey: string): Promise<void> {
  await db.updateTable('steering').set({ run_key: runKey }).where('id', '=', id).where('read_at', 'is', null).execute();
}

/** Of what the run was handed, it has read what its stream says: the agent repeats each with its id. May be repeated. */
export async function noteRead(db: Db, runKey: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.updateTable('steering').set({ read_at: sql`now()` }).where('run_key', '=', runKey).where('id', 'in', ids).where('read_at', 'is', null).execute();
}

type At = Pick<TurnRef, 'project' | 'milestone' | 'epoch' | 'task'>;

const unread = (db: Db, { project, milestone, epoch, task }: At) => db.selectFrom('steering')
  .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch).where('read_at', 'is', null)
  .where((eb) => eb.or([eb('task', 'is', null), eb('task', '=', task)]));

/** What no run has read yet, oldest first. */
export async function unreadSteering(db: Db, at: At): Promise<{ id: string; text: string }[]> {
  return unread(db, at).select(['id', 'text']).orderBy('said_at').orderBy('id').execute();
}

/** It is in the prompt of that turn. May be repeated. */
export async function steeringInPrompt(db: Db, turn: TurnRef, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.updateTable('steering').set({ turn_id: turnIdSql(turn), read_at: sql`now()` }).where('id', 'in', ids).where('read_at', 'is', null).execute();
}
