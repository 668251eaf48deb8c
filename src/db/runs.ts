/** Runs: one row per detached process. What the host knows for sure is there; this is what was last seen. */
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { runKey } from '../domain/ids.ts';
import type { RunRef, TurnRef } from '../domain/ids.ts';
import type { RunState } from '../domain/host-api.ts';
import { cleanOrNull, isoOrNull, jsonText } from './columns.ts';
import { underLease, underLeaseOfRun } from './lease-fence.ts';
import type { RunTable, StoredRunState } from './schema-turn.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface NewRun extends RunRef {
  host: string;
  /** Folder it works in; absent: the workspace of its project. */
  workspace?: string;
  /** What was started, without secrets: for people and for the next attempt of the activity. */
  spec: unknown;
}

/** What is not named stays. */
export interface RunUpdate {
  /** As the host told it; `none` and `new` leave the row as it is. */
  state?: RunState;
  costUsd?: number;
  inputTokens?: number;
  outputTokens?: number;
  toolCalls?: number;
  /** RFC 3339; null: something came from it. Of a run that has ended it is nothing. */
  silentSince?: string | null;
}

export interface Run {
  key: string;
  seq: number;
  install: string;
  host: string;
  spec: unknown;
  state: StoredRunState;
  pid: number | null;
  startTicks: number | null;
  /** RFC 3339. */
  startedAt: string | null;
  endedAt: string | null;
  exit: { code: number | null; signal: string | null; reason: string | null; message: string | null } | null;
  costUsd: number | null;
  /** Bytes of the stream that are stored. */
  outOffset: number;
}

/** The turn must exist. May be repeated: the first row stays. */
export async function insertRun(db: Db, run: NewRun): Promise<{ runKey: string }> {
  const key = runKey(run);
  await underLease(db, run, (tx) => tx.insertInto('run').values({
    run_key: key, turn_id: turnIdSql(run), install: run.install, seq: run.seq, host: run.host, workspace: run.workspace ?? null, spec: jsonText(run.spec),
  }).onConflict((oc) => oc.doNothing()).execute());
  return { runKey: key };
}

/** May be repeated. A run that has ended never goes back to running: an old answer of a host may come late. */
export const updateRun = (db: Db, key: string, update: RunUpdate): Promise<void> => underLeaseOfRun(db, key, (tx) => setRun(tx, key, update));

/** How a run of an older lease ended, as the holder of the next one found out: only the run's own lease is not asked for. */
export const closeRun = (db: Db, key: string, state: RunState): Promise<void> => setRun(db, key, { state });

async function setRun(db: Db, key: string, update: RunUpdate): Promise<void> {
  const numbers = {
    ...(update.costUsd !== undefined && { cost_usd: update.costUsd }),
    ...(update.inputTokens !== undefined && { input_tokens: update.inputTokens }),
    ...(update.outputTokens !== undefined && { output_tokens: update.outputTokens }),
    ...(update.toolCalls !== undefined && { tool_calls: update.toolCalls }),
    ...(update.silentSince !== undefined && { silent_since: update.silentSince }),
  };
  if (Object.keys(numbers).length > 0) await db.updateTable('run').set(numbers).where('run_key', '=', key).execute();
  const columns = update.state && stateColumns(update.state);
  if (!columns) return;
  const older: StoredRunState[] = columns.state === 'running' ? ['new', 'running'] : ['new', 'running', 'lost', columns.state];
  await db.updateTable('run').set(columns).where('run_key', '=', key).where('state', 'in', older).execute();
}

function stateColumns(state: RunState) {
  switch (state.kind) {
    case 'none':
    case 'new':
      return undefined;
    case 'running':
      return { state: state.kind, ...processColumns(state) };
    case 'lost':
      return { state: state.kind, silent_since: null, ...processColumns(state) };
    case 'exited': {
      const { code, signal, reason, message, at } = state.exit;
      return {
        state: state.kind, ...processColumns(state), ended_at: at, silent_since: null,
        exit_code: code, exit_signal: signal, exit_reason: reason, exit_message: cleanOrNull(message),
      };
    }
  }
}

function processColumns({ process, startedAt }: Extract<RunState, { startedAt: string }>) {
  return { started_at: startedAt, ...(process && { pid: process.pid, start_ticks: process.startTicks }) };
}

export interface ClaimedWorkspace {
  host: string;
  workspace: string;
  epoch: number;
}

/** Keys of runs that were begun in the workspace under an older lease and are not known to have ended. */
export async function unfinishedRuns(db: Db, { host, workspace, epoch }: ClaimedWorkspace): Promise<string[]> {
  const rows = await db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').innerJoin('project', 'project.id', 'turn.project')
    .select('run.run_key').where('run.state', 'in', ['new', 'running']).where('turn.epoch', '<', epoch)
    .where('project.host', '=', host).where(sql<string>`coalesce(run.workspace, project.workspace)`, '=', workspace).orderBy('run.id').execute();
  return rows.map((row) => row.run_key);
}

/** In the order they were started. */
export async function runsOfTurn(db: Db, ref: TurnRef): Promise<Run[]> {
  const rows = await db.selectFrom('run').selectAll().where('turn_id', '=', turnIdSql(ref)).orderBy('seq').execute();
  return rows.map(fromRow);
}

function fromRow(row: Selectable<RunTable>): Run {
  return {
    key: row.run_key, seq: row.seq, install: row.install, host: row.host, spec: row.spec, state: row.state,
    pid: row.pid, startTicks: row.start_ticks, startedAt: isoOrNull(row.started_at), endedAt: isoOrNull(row.ended_at),
    exit: row.exit_reason === null ? null : { code: row.exit_code, signal: row.exit_signal, reason: row.exit_reason, message: row.exit_message },
    costUsd: row.cost_usd, outOffset: row.out_offset,
  };
}

/** The same of a milestone, wherever they work. */
export async function unfinishedRunsOf(db: Db, { project, milestone, epoch }: { project: string; milestone: string; epoch: number }): Promise<string[]> {
  const rows = await db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').select('run.run_key')
    .where('run.state', 'in', ['new', 'running']).where('turn.project', '=', project).where('turn.milestone', '=', milestone).where('turn.epoch', '<', epoch)
    .orderBy('run.id').execute();
  return rows.map((row) => row.run_key);
}
