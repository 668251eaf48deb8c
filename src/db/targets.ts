/**
 * `project[/milestone[/task[.turn]]]` as a condition on turns. Of a milestone that ran several times, the latest run counts:
 * the highest lease under which it has turns.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Target } from '../domain/ids.ts';

/** For a statement in which the turn table is called `turn`. */
export function ofTarget({ project, milestone, task, turn }: Target): RawBuilder<boolean> {
  const parts = [
    sql<boolean>`turn.project = ${project}`,
    sql<boolean>`turn.epoch = (select max(latest.epoch) from turn latest where latest.project = turn.project and latest.milestone = turn.milestone)`,
    ...(milestone === undefined ? [] : [sql<boolean>`turn.milestone = ${milestone}`]),
    ...(task === undefined ? [] : [sql<boolean>`turn.task = ${task}`]),
    ...(turn === undefined ? [] : [sql<boolean>`turn.turn = ${turn}`]),
  ];
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}
