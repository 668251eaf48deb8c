/** Sessions of the agent, as the runs of a task used them. */
import { sql } from 'kysely';
import type { TaskRef } from './turns.ts';
import type { Db } from './transaction.ts';

/** What the agent says when it is to resume a session whose transcript is gone. */
const TRANSCRIPT_GONE = '%No conversation found%';

/**
 * Session of the latest run of the task in which the agent spoke or called a tool, unless a later run could not resume it;
 * null when there is none.
 */
export async function latestSession(db: Db, { project, milestone, epoch, task }: TaskRef): Promise<string | null> {
  const { rows } = await sql<{ session: string | null }>`
    with used as (
      select run.id, run.spec->>'sessionId' as session,
        exists (select from agent_event e where e.run_id = run.id and e.kind in ('text', 'toolUse')) as spoke,
        exists (select from agent_event e where e.run_id = run.id and e.kind = 'result' and e.text like ${TRANSCRIPT_GONE}) as gone
      from turn join run on run.turn_id = turn.id
      where turn.project = ${project} and turn.milestone = ${milestone} and turn.epoch = ${epoch} and turn.task = ${task}
    )
    select session from used
    where spoke and not exists (select from used later where later.session = used.session and later.gone)
    order by id desc limit 1`.execute(db);
  return rows[0]?.session ?? null;
}
