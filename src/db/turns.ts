/** Turns: one row per attempt at a task. Written twice: when it begins, and when it has ended (again after each further run). */
import { sql } from 'kysely';
import type { RawBuilder, Selectable } from 'kysely';
import { HoldpointError } from '../domain/failure-kind.ts';
import { turnTarget } from '../domain/ids.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { TurnOutcome } from '../domain/turn-outcome.ts';
import { cleanOrNull, cleanText, isoOrNull, jsonText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { TurnTable } from './schema-turn.ts';
import type { Db } from './transaction.ts';

export type TaskRef = Omit<TurnRef, 'turn'>;

export interface NewTurn extends TurnRef {
  prompt: string;
  sessionId: string;
  /** The session has a transcript to continue. */
  resume: boolean;
  /** Why this attempt exists; null for the first. */
  note: string | null;
  treeBefore: string;
  /** Version of the prompt's templates; absent: not known. */
  templates?: string;
  /** The plan its prompt was made from. */
  planSha256?: string;
}

/** What is not named stays. Costs and counts that are not named are summed up over the turn's runs, when those know them. */
export interface TurnEnd {
  outcome?: TurnOutcome;
  /** One line for people. */
  message?: string;
  costUsd?: number;
  inputTokens?: number;
  outputTokens?: number;
  toolCalls?: number;
  treeAfter?: string;
  changedFiles?: number;
}

export interface Turn extends NewTurn {
  id: number;
  treeAfter: string | null;
  outcome: TurnOutcome | null;
  message: string | null;
  costUsd: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  toolCalls: number | null;
  changedFiles: number | null;
  /** RFC 3339. */
  startedAt: string;
  endedAt: string | null;
}

/** The turn's row id, as part of another statement; null there when the turn does not exist. */
export const turnIdSql = (ref: TurnRef): RawBuilder<number> => sql<number>`(
  select id from turn where project = ${ref.project} and milestone = ${ref.milestone} and epoch = ${ref.epoch}
    and task = ${ref.task} and turn = ${ref.turn})`;

/** May be repeated: the first row stays, with its prompt and its tree. */
export async function insertTurn(db: Db, turn: NewTurn): Promise<void> {
  const { project, milestone, epoch, task, sessionId, resume, treeBefore } = turn;
  await underLease(db, turn, (tx) => tx.insertInto('turn').values({
    project, milestone, epoch, task, turn: turn.turn, prompt: cleanText(turn.prompt), note: cleanOrNull(turn.note),
    session_id: sessionId, resume, tree_before: treeBefore, templates: turn.templates ?? null, plan_sha256: turn.planSha256 ?? null,
  }).onConflict((oc) => oc.doNothing()).execute());
}

/** May be repeated; the last call holds. */
export async function finishTurn(db: Db, ref: TurnRef, end: TurnEnd): Promise<void> {
  const total = (given: number | undefined, column: 'cost_usd' | 'input_tokens' | 'output_tokens' | 'tool_calls') =>
    given ?? sql<number>`coalesce((select sum(${sql.ref(`run.${column}`)}) from run where turn_id = turn.id), ${sql.ref(`turn.${column}`)})`;
  await underLease(db, ref, (tx) => tx.updateTable('turn').set({
    ...(end.outcome && { outcome: end.outcome.kind, outcome_detail: jsonText(end.outcome), ended_at: sql`now()` }),
    ...(end.message !== undefined && { message: cleanText(end.message) }),
    ...(end.treeAfter !== undefined && { tree_after: end.treeAfter }),
    ...(end.changedFiles !== undefined && { changed_files: end.changedFiles }),
    cost_usd: total(end.costUsd, 'cost_usd'),
    input_tokens: total(end.inputTokens, 'input_tokens'),
    output_tokens: total(end.outputTokens, 'output_tokens'),
    tool_calls: total(end.toolCalls, 'tool_calls'),
  }).where('id', '=', turnIdSql(ref)).execute());
}

/** `unknown_target` when there is no such turn. */
export async function turn(db: Db, ref: TurnRef): Promise<Turn> {
  const found = await findTurn(db, ref);
  if (found) return found;
  throw new HoldpointError('unknown_target', `there is no turn ${turnTarget(ref)} under lease ${ref.epoch}`);
}

/** The attempt before this one at the same task; undefined for the first. */
export const previousTurn = (db: Db, ref: TurnRef): Promise<Turn | undefined> => findTurn(db, { ...ref, turn: ref.turn - 1 });

/** Tree from which the task set out: that before its first turn; null before that. */
export async function firstTreeOfTask(db: Db, { project, milestone, epoch, task }: TaskRef): Promise<string | null> {
  const row = await db.selectFrom('turn').select('tree_before')
    .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch).where('task', '=', task)
    .orderBy('turn').limit(1).executeTakeFirst();
  return row?.tree_before ?? null;
}

async function findTurn(db: Db, ref: TurnRef): Promise<Turn | undefined> {
  const row = await db.selectFrom('turn').selectAll().where('id', '=', turnIdSql(ref)).executeTakeFirst();
  return row && fromRow(row);
}

function fromRow(row: Selectable<TurnTable>): Turn {
  const { id, project, milestone, epoch, task, prompt, note, resume, message } = row;
  return {
    id, project, milestone, epoch, task, turn: row.turn, prompt, note, resume, message,
    sessionId: row.session_id, treeBefore: row.tree_before, treeAfter: row.tree_after, outcome: row.outcome_detail,
    costUsd: row.cost_usd, inputTokens: row.input_tokens, outputTokens: row.output_tokens, toolCalls: row.tool_calls,
    changedFiles: row.changed_files, startedAt: row.started_at.toISOString(), endedAt: isoOrNull(row.ended_at),
  };
}
