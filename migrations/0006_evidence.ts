/** What the tests of a check reported, how that compares with the baseline, and which files a check changed while it ran. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const BEFORE = "'pass', 'newlyFailing', 'stillFailing', 'fixed', 'flaky', 'timeout'";

const outcomeIn = (words: string) => sql.raw(`alter table evidence add constraint evidence_outcome_check check (outcome in (${words}))`);

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table evidence add column report jsonb, add column changed jsonb, add column baseline_counts jsonb, add column tests jsonb`.execute(db);
  await sql`comment on column evidence.report is 'counts and failing tests as the check''s report names them, or why it could not be read'`.execute(db);
  await sql`comment on column evidence.changed is 'files the check changed while it ran'`.execute(db);
  await sql`alter table evidence drop constraint evidence_outcome_check`.execute(db);
  await outcomeIn(`${BEFORE}, 'noReport', 'skipped'`).execute(db);
}

/** What older versions have no word for is told by its exit code; what did not run is forgotten. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from evidence where outcome = 'skipped'`.execute(db);
  await sql`update evidence set outcome = 'newlyFailing' where outcome = 'noReport'`.execute(db);
  await sql`alter table evidence drop constraint evidence_outcome_check`.execute(db);
  await outcomeIn(BEFORE).execute(db);
  await sql`alter table evidence drop column report, drop column changed, drop column baseline_counts, drop column tests`.execute(db);
}
