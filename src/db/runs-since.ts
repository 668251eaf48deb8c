/** Runs of a project that were at work after an instant. */
import { sql } from 'kysely';
import type { Db } from './transaction.ts';

/** In order; `turn` is `task #attempt`, `folder` where it worked (null: in the project's workspace). */
export async function runsSince(db: Db, project: string, at: string): Promise<{ key: string; turn: string; folder: string | null }[]> {
  const rows = await db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').select(['run.run_key', 'turn.task', 'turn.turn', 'run.workspace'])
    .where('turn.project', '=', project).where(sql<boolean>`coalesce(run.ended_at, now()) > ${at}::timestamptz`).orderBy('run.id').execute();
  return rows.map(({ run_key: key, task, turn, workspace: folder }) => ({ key, turn: `${task} #${turn}`, folder }));
}
