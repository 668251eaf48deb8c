/** The turns of a project with what became of them: what calibration is made from. Derived each time, so it is never out of date. */
import { sql } from 'kysely';
import type { JudgedTurn } from '../domain/calibration.ts';
import { ASKABLE } from '../domain/judge/custom-rule.ts';
import type { Db } from './transaction.ts';

/** The latest ones: a project learns anew, and a judgement does not get slower with its age. */
const MOST = 500;

/** In the order in which they were made. */
export async function judgedTurns(db: Db, project: string): Promise<JudgedTurn[]> {
  const { rows } = await sql<JudgedTurn>`
    select t.milestone, t.epoch, t.task, t.turn, d.decision, d.confidence,
      m.state = 'completed' and t.epoch = (select max(l.epoch) from turn l where l.project = t.project and l.milestone = t.milestone) as completed,
      coalesce((select jsonb_agg(jsonb_build_object('name', e.name, 'outcome', e.outcome, 'met', e.met) order by e.id)
        from evidence e where e.turn_id = t.id), '[]') as checks,
      array(select b.action from breakpoint b where b.project = t.project and b.milestone = t.milestone and b.task = t.task and b.turn = t.turn
        and b.kind = any(${[...ASKABLE]}::text[]) and b.via in ('signal', 'update', 'cli') and b.opened_at >= t.started_at
        and not exists (select from turn n where n.project = t.project and n.milestone = t.milestone and n.task = t.task and n.turn = t.turn
          and n.epoch > t.epoch and n.started_at <= b.opened_at)
        order by b.answered_at) as answers
    from (select * from turn where project = ${project} order by id desc limit ${MOST}) t
      join milestone m on m.project = t.project and m.id = t.milestone
      join lateral (select decision, confidence from decision where turn_id = t.id order by id desc limit 1) d on true
    order by t.id`.execute(db);
  return rows;
}
