/** Figures of a project over all its runs. Each statement is answered from the project's own rows. */
import { sql } from 'kysely';
import type { BreakpointKind } from '../domain/breakpoints.ts';
import { calibrationOf, MIN_SAMPLES, pastDoubt, pastOf, samplesOf } from '../domain/calibration.ts';
import type { DecisionKind } from '../domain/decision.ts';
import type { ProjectMetrics } from '../domain/documents/judging.ts';
import type { TurnOutcomeKind } from '../domain/turn-outcome.ts';
import { judgedTurns } from './judged-turns.ts';
import type { Db } from './transaction.ts';

type Totals = Pick<ProjectMetrics, 'turns' | 'runs' | 'tasks' | 'costUsd' | 'inputTokens' | 'outputTokens'> & { attempts_mean: number | null; attempts_max: number };

async function totals(db: Db, project: string): Promise<Totals> {
  const { rows: [row] } = await sql<Totals>`
    with per_task as (select count(*) as attempts from turn where project = ${project} group by milestone, epoch, task)
    select count(*) as turns, count(distinct (milestone, task)) as tasks, coalesce(sum(cost_usd), 0)::double precision as "costUsd",
      coalesce(sum(input_tokens), 0) as "inputTokens", coalesce(sum(output_tokens), 0) as "outputTokens",
      (select count(*) from run join turn t on t.id = run.turn_id where t.project = ${project}) as runs,
      (select avg(attempts)::double precision from per_task) as attempts_mean, (select coalesce(max(attempts), 0) from per_task) as attempts_max
    from turn where project = ${project}`.execute(db);
  if (!row) throw new Error('a count gives a row');
  return row;
}

async function outcomes(db: Db, project: string): Promise<ProjectMetrics['outcomes']> {
  const { rows } = await sql<{ outcome: TurnOutcomeKind | null; turns: number }>`
    select outcome, count(*) as turns from turn where project = ${project} group by outcome order by turns desc, outcome`.execute(db);
  return rows;
}

async function decisions(db: Db, project: string): Promise<ProjectMetrics['decisions']> {
  const { rows } = await sql<{ rule: string; decision: DecisionKind; count: number }>`
    select d.rule, d.decision, count(*) as count from decision d join turn t on t.id = d.turn_id
    where t.project = ${project} group by d.rule, d.decision order by count desc, d.rule, d.decision`.execute(db);
  return rows;
}

type Asked = Omit<ProjectMetrics['breakpoints'][number], 'waitedMs'> & { kind: BreakpointKind; p50: number | null; p90: number | null; max: number | null };

async function breakpoints(db: Db, project: string): Promise<ProjectMetrics['breakpoints']> {
  const waited = sql`extract(epoch from answered_at - opened_at) * 1000`;
  const { rows } = await sql<Asked>`
    select kind, count(*) as asked, count(*) filter (where answered_at is null and closed_at is null) as open, count(answered_at) as answered,
      count(*) filter (where via in ('signal', 'update', 'cli')) as "byPerson",
      round(percentile_cont(0.5) within group (order by ${waited}))::double precision as p50,
      round(percentile_cont(0.9) within group (order by ${waited}))::double precision as p90, round(max(${waited}))::double precision as max
    from breakpoint where project = ${project} group by kind order by asked desc, kind`.execute(db);
  return rows.map(({ p50, p90, max, ...asked }) => ({ ...asked, waitedMs: { p50, p90, max } }));
}

async function calibration(db: Db, project: string): Promise<ProjectMetrics['calibration']> {
  const found = calibrationOf(samplesOf(await judgedTurns(db, project)));
  return { ...found, takes: pastDoubt(pastOf(found)), needed: MIN_SAMPLES };
}

/** One project that exists. */
export async function projectMetrics(db: Db, project: string): Promise<ProjectMetrics> {
  const [{ attempts_mean: mean, attempts_max: max, ...sums }, ended, decided, asked, calibrated] = await Promise.all([
    totals(db, project), outcomes(db, project), decisions(db, project), breakpoints(db, project), calibration(db, project),
  ]);
  return { project, ...sums, attempts: { mean, max }, outcomes: ended, decisions: decided, breakpoints: asked, calibration: calibrated };
}

export async function projectIds(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('project').select('id').orderBy('created_at').orderBy('id').execute();
  return rows.map(({ id }) => id);
}
