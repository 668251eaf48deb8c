/** Changes as they are recorded: rows seen while turns run, then the final ones of each turn. */
import { sql } from 'kysely';
import type { Change } from '../domain/host-api.ts';
import type { Target } from '../domain/ids.ts';
import type { ChangeCause } from '../domain/attribution.ts';
import type { ObservedBy } from './schema-turn.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';

export interface RecordedChange extends Change {
  project: string;
  milestone: string;
  task: string;
  turn: number;
  /** RFC 3339. */
  at: string;
  /** Between the checkpoints before and after the turn; the last of them count. */
  final: boolean;
  trees: { from: string; to: string };
  observedBy: ObservedBy;
  by: ChangeCause;
}

/** Last row seen of each turn: rows of one turn come in their order, those of several need not. */
export type ChangeCursor = Readonly<Record<string, number>>;

export interface ChangePage {
  changes: RecordedChange[];
  cursor: ChangeCursor;
}

const PAGE = 1_000;

type Row = Change & {
  id: number; turnId: number; milestone: string; task: string; turn: number; at: Date; final: boolean; observedBy: ObservedBy; treeFrom: string; treeTo: string;
  fromPath: string | null; tool: string | null; toolUseId: string | null;
};

const COLUMNS = sql`
  c.id, turn.id as "turnId", turn.milestone, turn.task, turn.turn, c.at, c.final, c.observed_by as "observedBy", c.tree_from as "treeFrom", c.tree_to as "treeTo",
  c.path, c.op, c.from_path as "fromPath", c.mode, c.sha_before as "shaBefore", c.sha_after as "shaAfter",
  c.size_before as "sizeBefore", c.size_after as "sizeAfter", c.added, c.removed, c.tool, c.tool_use_id as "toolUseId"`;

/** A page of them, oldest first; empty when nothing new is there. */
export async function changesAfter(db: Db, target: Target, cursor: ChangeCursor): Promise<ChangePage> {
  const { rows } = await sql<Row>`
    select ${COLUMNS}
    from turn join file_change c on c.turn_id = turn.id
    where ${ofTarget(target)} and c.id > coalesce((${JSON.stringify(cursor)}::jsonb ->> turn.id::text)::bigint, 0)
    order by c.id limit ${PAGE}`.execute(db);
  const seen = rows.map(({ turnId, id }): [string, number] => [String(turnId), id]);
  return { changes: rows.map((row) => toRecorded(target.project, row)), cursor: { ...cursor, ...Object.fromEntries(seen) } };
}

function toRecorded(project: string, row: Row): RecordedChange {
  const { milestone, task, turn, at, final, observedBy, treeFrom, treeTo, path, op, fromPath, mode, tool, toolUseId } = row;
  const { shaBefore, shaAfter, sizeBefore, sizeAfter, added, removed } = row;
  const by: ChangeCause = tool !== null && toolUseId !== null ? { kind: 'tool', tool, toolUseId } : { kind: 'other' };
  return {
    project, milestone, task, turn, at: at.toISOString(), final, observedBy, trees: { from: treeFrom, to: treeTo },
    path, op, ...(fromPath !== null && { from: fromPath }), mode, shaBefore, shaAfter, sizeBefore, sizeAfter, added, removed, by,
  };
}

/** Seen by the clock of the watch, and not worked out afterwards. */
export const isLive = ({ final, observedBy }: RecordedChange): boolean => !final && (observedBy === 'watcher' || observedBy === 'scan');

/** What one tool call changed, by the trees at its ends; without those as it was seen while the turn ran; where nobody saw it, what the turn's end says. In order. */
export async function changesOfCall(db: Db, target: Target, toolUseId: string): Promise<RecordedChange[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS}
    from turn join file_change c on c.turn_id = turn.id
    where ${ofTarget(target)} and c.tool_use_id = ${toolUseId} and (c.observed_by = 'call' or not exists (
      select from file_change exact where exact.turn_id = c.turn_id and exact.tool_use_id = c.tool_use_id and exact.observed_by = 'call'))
    order by c.id`.execute(db);
  const changes = rows.map((row) => toRecorded(target.project, row));
  const seen = changes.filter(({ final }) => !final);
  return seen.length > 0 ? seen : changes;
}
