/** Sessions of the agent, as the runs of a task used them. */
import { sql } from 'kysely';
import type { TaskRef } from './turns.ts';
import type { Db } from './transaction.ts';

/** Session of the latest run of the task in which the agent spoke or called a tool; null when there is none. */
export async function latestSession(db: Db, { project, milestone, epoch, task }: TaskRef): Promise<string | null> {
  const { rows } = await sql<{ session: string | null }>`
    select run.spec->>'sessionId' as session from turn join run on run.turn_id = turn.id
    where turn.project = ${project} and turn.milestone = ${milestone} and turn.epoch = ${epoch} and turn.task = ${task}
      and exists (select from agent_event e where e.run_id = run.id and e.kind in ('text', 'toolUse'))
    order by run.id desc limit 1`.execute(db);
  return rows[0]?.session ?? null;
}
