/** What the drill sees of a fault's project in Postgres and in Temporal. Reads only; may be asked at any time. */
import { sql } from 'kysely';
import type { Db } from '../db/transaction.ts';
import { milestoneWorkflowId } from '../domain/ids.ts';
import type { Temporal } from '../temporal/connection.ts';
import { MILESTONE } from './plan.ts';
import type { StoredRow, StoredRun } from './verdict.ts';

export interface SeenRun {
  key: string;
  seq: number;
  state: string;
  pid: number | null;
  startTicks: number | null;
  exitReason: string | null;
  outOffset: number;
  /** Lines stored. */
  lines: number;
}

/** In the order they were started. */
export async function runsOf(db: Db, project: string): Promise<SeenRun[]> {
  const { rows } = await sql<SeenRun>`
    select run.run_key as key, run.seq, run.state, run.pid, run.start_ticks as "startTicks", run.exit_reason as "exitReason",
      run.out_offset as "outOffset", (select count(*) from agent_event where run_id = run.id) as lines
    from run join turn on turn.id = run.turn_id where turn.project = ${project} order by run.id`.execute(db);
  return rows;
}

/** How the turn's latest run ended; null while it has not. */
export async function outcomeOf(db: Db, project: string): Promise<string | null> {
  const { rows } = await sql<{ kind: string | null }>`
    select outcome as kind from turn where project = ${project} order by id desc limit 1`.execute(db);
  return rows[0]?.kind ?? null;
}

/** All stored lines of each run. */
export async function storedRuns(db: Db, project: string): Promise<StoredRun[]> {
  const runs = await runsOf(db, project);
  return Promise.all(runs.map(async ({ key, outOffset }) => {
    const { rows } = await sql<StoredRow>`
      select e.byte_offset as offset, e.raw from agent_event e join run on run.id = e.run_id where run.run_key = ${key} order by e.byte_offset`.execute(db);
    return { key, outOffset, rows };
  }));
}

/** Messages of the project's events of one kind, oldest first. */
export async function eventsOf(db: Db, project: string, kind: string): Promise<string[]> {
  const { rows } = await sql<{ message: string }>`select message from event where project = ${project} and kind = ${kind} order by id`.execute(db);
  return rows.map(({ message }) => message);
}

/** The agent's turn as Temporal sees it at this moment; null when none is under way. */
export async function turnUnderWay({ client }: Temporal, project: string): Promise<{ attempt: number; workerPid: number } | null> {
  const { raw } = await client.workflow.getHandle(milestoneWorkflowId(project, MILESTONE)).describe();
  const turn = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'runTurn');
  // The SDK names a worker `pid@host`.
  const workerPid = Number.parseInt(turn?.lastWorkerIdentity ?? '', 10);
  return turn && Number.isInteger(workerPid) ? { attempt: turn.attempt ?? 1, workerPid } : null;
}
