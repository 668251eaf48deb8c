/**
 * `project[/milestone[/task[.turn]]]` as a condition on turns. Of a milestone that ran several times, the latest run counts:
 * the highest lease under which it has turns. Forks are no part of their project: they did not work in its workspace.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Target } from '../domain/ids.ts';

/** For a statement in which the turn table is called `turn`. */
export function ofTarget({ project, milestone, task, turn }: Target): RawBuilder<boolean> {
  const parts = [
    sql<boolean>`turn.project = ${project}`,
    // Looked up once for each milestone, and not for each turn of all its runs.
    sql<boolean>`(turn.milestone, turn.epoch) in (
      select m.id, (select max(latest.epoch) from turn latest where latest.project = m.project and latest.milestone = m.id)
      from milestone m where m.project = ${project} and (m.fork_of is null or m.id = ${milestone ?? null}::text))`,
    ...(milestone === undefined ? [] : [sql<boolean>`turn.milestone = ${milestone}`]),
    ...(task === undefined ? [] : [sql<boolean>`turn.task = ${task}`]),
    ...(turn === undefined ? [] : [sql<boolean>`turn.turn = ${turn}`]),
  ];
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}
