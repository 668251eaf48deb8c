/** What the runs of each task have cost, kept by the database: a limit of money is asked about with every turn, and the past only grows. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `create table task_cost (
    project text not null references project,
    milestone text not null,
    task text not null,
    usd numeric not null,
    primary key (project, milestone, task)
  )`,
  `comment on table task_cost is 'sum of run.cost_usd over all runs of the task, whatever became of them; kept by triggers on run'`,
  `create function book_run_cost() returns trigger language plpgsql as $$
begin
  insert into task_cost as known (project, milestone, task, usd)
  select turn.project, turn.milestone, turn.task, coalesce(new.cost_usd, 0) - case tg_op when 'UPDATE' then coalesce(old.cost_usd, 0) else 0 end
  from turn where turn.id = new.turn_id
  on conflict (project, milestone, task) do update set usd = known.usd + excluded.usd;
  return null;
end
$$`,
  // Runs are deleted with their project alone, and its sums with it.
  `create trigger run_cost_known after insert on run for each row when (new.cost_usd is not null) execute function book_run_cost()`,
  `create trigger run_cost_booked after update of cost_usd on run for each row when (new.cost_usd is distinct from old.cost_usd) execute function book_run_cost()`,
  `insert into task_cost
   select turn.project, turn.milestone, turn.task, sum(run.cost_usd) from turn join run on run.turn_id = turn.id where run.cost_usd is not null group by 1, 2, 3`,
  // The rules that people allowed for good, among many answers.
  `create index breakpoint_allowed_always on breakpoint (project, milestone) where action = 'allow-always'`,
  // The last run of each check in a milestone.
  `create index evidence_of on evidence (project, milestone, epoch, name, id desc)`,
];

const DOWN = [
  'drop index evidence_of', 'drop index breakpoint_allowed_always', 'drop trigger run_cost_booked on run', 'drop trigger run_cost_known on run', 'drop function book_run_cost()', 'drop table task_cost',
];

async function each(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export const up = (db: Kysely<unknown>): Promise<void> => each(db, UP);

export const down = (db: Kysely<unknown>): Promise<void> => each(db, DOWN);
