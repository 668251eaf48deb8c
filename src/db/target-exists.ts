/** Whether what a user names is known at all. */
import { sql } from 'kysely';
import type { Target } from '../domain/ids.ts';
import type { Db } from './transaction.ts';

type Part = 'project' | 'milestone' | 'task' | 'turn';

/** The first part of the target that is unknown; null when all of it is known. One round trip. */
export async function targetExists(db: Db, { project, milestone, task, turn }: Target): Promise<Part | null> {
  const { rows } = await sql<Record<Part, boolean>>`
    select exists (select from project where id = ${project}) as project,
      exists (select from milestone where project = ${project} and id = ${milestone ?? null}::text) as milestone,
      exists (select from task where project = ${project} and milestone = ${milestone ?? null}::text and id = ${task ?? null}::text) as task,
      exists (select from turn where project = ${project} and milestone = ${milestone ?? null}::text
        and task = ${task ?? null}::text and turn = ${turn ?? null}::integer) as turn`.execute(db);
  const named: Part[] = ['project', ...(milestone === undefined ? [] : (['milestone'] as const)),
    ...(task === undefined ? [] : (['task'] as const)), ...(turn === undefined ? [] : (['turn'] as const))];
  return named.find((part) => rows[0]?.[part] !== true) ?? null;
}
