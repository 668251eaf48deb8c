/** How changes in a project's workspace were noticed last; `status` shows it. */
import type { Db } from './transaction.ts';

/** May be repeated. */
export async function noteWatchMode(db: Db, project: string, mode: string): Promise<void> {
  await db.updateTable('project').set({ watch: mode }).where('id', '=', project).execute();
}
