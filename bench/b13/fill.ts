/**
 * A store with something to show and something behind it. Shown: a project at work with ten turns, one whose milestones all wait
 * for a person, and the latest that have ended. Behind: earlier runs of the first, and more projects that have ended, half and
 * half. The first turns are written as activities write them; the rest are copies of those rows, made inside the database.
 */
import { sql } from 'kysely';
import { claimLease } from '../../src/db/leases.ts';
import { savePlan } from '../../src/db/plans.ts';
import { recordStates } from '../../src/db/states.ts';
import type { Db } from '../../src/db/transaction.ts';
import { BREAKPOINTS } from '../../src/domain/breakpoints.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import type { OpenBreakpoint } from '../../src/domain/questions.ts';
import { HOST, planOf, SHA, TASKS } from './plan.ts';
import { RUN_ID, writeTurn } from './turn-rows.ts';

export const SHOWN = 'shown';
export const WAITING = 'waits';
export const TURNS = 10;
const RECENT = 20;
/** Of the run that is shown: earlier ones have lower ones. */
const EPOCH = 1_000_000;
/** Ids of copies: those of the first are below. */
const PER_COPY = 100;

async function begin(db: Db, project: string, waiting: number): Promise<number> {
  await savePlan(db, { project, sha256: SHA, plan: planOf(project, waiting), source: `project: ${project}` });
  const { epoch } = await claimLease(db, { host: HOST, workspace: `/srv/${project}`, project, milestone: 'work', holder: RUN_ID, above: EPOCH });
  await recordStates(db, { project, workflowId: 'bench', runId: RUN_ID, projectState: 'running' });
  await recordStates(db, { project, milestone: 'work', workflowId: 'bench', runId: RUN_ID, milestoneState: 'running' });
  return epoch;
}

/** A project with `turns` turns of its milestone `work`. */
export async function writeTurns(db: Db, project: string, turns: number): Promise<void> {
  const epoch = await begin(db, project, 1);
  for (let n = 0; n < turns; n += 1) {
    await writeTurn(db, { project, milestone: 'work', epoch, task: `t${(n % TASKS) + 1}`, turn: Math.floor(n / TASKS) + 1 });
  }
}

const question = (project: string, milestone: string): OpenBreakpoint => ({
  id: `${project}/${milestone}/t1/confidence_too_low/1`, kind: 'confidence_too_low', occurrence: 1, priority: 'medium', project, milestone, task: 't1', turn: 1,
  openedAt: '2026-11-01T10:00:00.000Z', reason: 'The reviewer is not sure about the migration. '.repeat(5), actions: [...BREAKPOINTS.confidence_too_low.actions],
  noteRequired: [], tree: null,
});

async function wait(db: Db, project: string, milestone: string): Promise<void> {
  await recordStates(db, {
    project, milestone, workflowId: milestoneWorkflowId(project, milestone), runId: RUN_ID, milestoneState: 'waiting', opened: [question(project, milestone)],
  });
}

interface Copies {
  count: number;
  /** Above those of earlier copies. */
  from: number;
  /** Another project each, which has ended; else earlier runs of the same. */
  asProjects: boolean;
}

const OF_PROJECTS = ['plan', 'project', 'milestone', 'task'];
const OF_TURNS = ['turn', 'run', 'checkpoint', 'evidence', 'file_change', 'review', 'review_prompt', 'decision', 'event'];

/** What differs in a copy, as SQL over the row `r` and its number `n`. Undefined: as it is; null: left to the database. */
function differing(table: string, column: string, { asProjects }: Copies): string | null | undefined {
  const own = `r.${column} || '/' || n`;
  const id = `n * ${PER_COPY} + r.${column}`;
  const special: Record<string, string> = { 'turn.id': id, 'run.id': id, 'run.run_key': own, 'event.key': own, 'event.run_id': own };
  const { [`${table}.${column}`]: found } = special;
  if (found !== undefined) return found;
  if (column === 'turn_id') return id;
  if (column === 'project' || (table === 'project' && column === 'id')) return asProjects ? `'old-' || n` : undefined;
  if (column === 'epoch') return asProjects ? undefined : 'n';
  if (column === 'state' && OF_PROJECTS.includes(table)) return `'completed'`;
  return column === 'id' && !OF_PROJECTS.includes(table) ? null : undefined;
}

async function copy(db: Db, table: string, copies: Copies): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`.execute(db);
  const columns = rows.map(({ name }) => [name, differing(table, name, copies)] as const).filter(([, value]) => value !== null);
  const names = columns.map(([name]) => name).join(', ');
  const values = columns.map(([name, value]) => value ?? `r.${name}`).join(', ');
  const mine = table === 'project' ? 'id' : table === 'run' || table.startsWith('review') || table === 'decision' || table === 'file_change' ? null : 'project';
  const isMine = mine === null ? `r.turn_id < ${PER_COPY}` : `r.${mine} = '${SHOWN}'${table === 'turn' ? ` and r.id < ${PER_COPY}` : 'turn_id' in Object.fromEntries(columns) ? ` and (r.turn_id is null or r.turn_id < ${PER_COPY})` : ''}`;
  const own = table === 'event' ? ` and r.run_id = '${RUN_ID}'` : '';
  await sql.raw(`
    insert into ${table} (${names}) overriding system value
    select ${values} from ${table} r cross join generate_series(${copies.from + 1}, ${copies.from + copies.count}) n where ${isMine}${own}`).execute(db);
}

async function copyAll(db: Db, copies: Copies): Promise<void> {
  for (const table of [...(copies.asProjects ? OF_PROJECTS : []), ...OF_TURNS]) await copy(db, table, copies);
}

/** `behind`: turns, a multiple of ten. */
export async function fill(db: Db, { behind, waiting }: { behind: number; waiting: number }): Promise<void> {
  await writeTurns(db, SHOWN, TURNS);
  await wait(db, SHOWN, 'w1');
  await begin(db, WAITING, waiting - 1);
  for (let n = 1; n < waiting; n += 1) await wait(db, WAITING, `w${n}`);
  const runs = Math.ceil(behind / TURNS / 2);
  await db.connection().execute(async (one) => {
    // The copies are as right as their originals: foreign keys need not be looked up a million times.
    await sql`set session_replication_role = replica`.execute(one);
    await copyAll(one, { count: runs, from: 0, asProjects: false });
    await copyAll(one, { count: RECENT + behind / TURNS - runs, from: runs, asProjects: true });
    await sql`reset session_replication_role`.execute(one);
    // What the triggers would have kept.
    await sql`
      insert into task_cost select turn.project, turn.milestone, turn.task, sum(run.cost_usd) from turn join run on run.turn_id = turn.id group by 1, 2, 3
      on conflict (project, milestone, task) do update set usd = excluded.usd`.execute(one);
  });
  await sql`vacuum (analyze)`.execute(db);
}
