/** Indexes for what is looked up again and again while the rest only grows. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // What a milestone or a project says about itself: few events among many.
  await sql`
    create index event_that_tells on event (project, milestone, id)
    where kind in ('failed', 'cancelled', 'waiting_for_workspace', 'waiting_for_seat', 'sleeping', 'step_failing', 'step_recovered')`.execute(db);
  await sql`create index breakpoint_of on breakpoint (project, milestone)`.execute(db);
  await sql`create index run_unfinished on run (turn_id) where state in ('new', 'running')`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const index of ['event_that_tells', 'breakpoint_of', 'run_unfinished']) await sql`drop index ${sql.ref(index)}`.execute(db);
}
