/**
 * The agent's stream, line by line. The offset of a run and its lines move in one statement: a second worker that follows
 * the same run is turned away by the offset itself, so every line is stored exactly once.
 */
import { sql } from 'kysely';
import type { AgentEvent } from '../domain/agent.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { TurnRef } from '../domain/ids.ts';
import { cleanText, exactJsonText } from './columns.ts';
import { leaseOfTurn, staleLease } from './lease-fence.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface StreamLine {
  /** Of the line's first byte. */
  offset: number;
  /** Kept as it is, whatever it holds. */
  raw: Buffer;
  kind: AgentEvent['kind'];
  /** Parsed; null when the line is not JSON. Stored as null when jsonb cannot hold it. */
  json: unknown;
  text: string;
  tool?: string;
  toolUseId?: string;
  /** RFC 3339: when it was read. */
  at: string;
}

export interface StreamPart {
  runKey: string;
  /** Where the caller believes the stored stream ends. */
  from: number;
  /** Where it ends with these lines. */
  to: number;
  lines: readonly StreamLine[];
}

/** `fenced`: somebody else stored from there on; go on from `offset`. */
export type AppendResult = 'stored' | { fenced: true; offset: number };

/** Data exceptions and program limits: what jsonb may refuse beyond what can be seen here (depth, size, numbers). */
const REFUSED_VALUE = /^(?:22|54)/;

/**
 * One round trip. May be repeated: a part that is stored already is `fenced` with its own end as offset. `stale_fence` when the
 * run's lease is over.
 */
export async function appendLines(db: Db, part: StreamPart): Promise<AppendResult> {
  const json = part.lines.map((line) => (line.json === null ? null : exactJsonText(line.json)));
  const isStored = await append(db, part, json).catch((error: unknown) => {
    if (!REFUSED_VALUE.test((error as { code?: string }).code ?? '')) throw error;
    // A hostile line must not stop the stream: raw is the truth, jsonb a convenience.
    return append(db, part, json.map(() => null));
  });
  return isStored ? 'stored' : { fenced: true, offset: await fencedAt(db, part.runKey) };
}

/** Where somebody else has come to; `stale_fence` when what fences is the next lease of the workspace. */
async function fencedAt(db: Db, runKey: string): Promise<number> {
  const { rows } = await sql<{ milestone: string; epoch: number; isHeld: boolean }>`
    select turn.project || '/' || turn.milestone as milestone, turn.epoch,
      exists (select from workspace_lease lease where ${leaseOfTurn}) as "isHeld"
    from run join turn on turn.id = run.turn_id where run.run_key = ${runKey}`.execute(db);
  if (rows[0]?.isHeld === false) throw staleLease(rows[0].milestone, rows[0].epoch);
  return outOffset(db, runKey);
}

async function append(db: Db, { runKey, from, to, lines }: StreamPart, json: (string | null)[]): Promise<boolean> {
  const raw = packed(lines.map((line) => line.raw));
  const parsed = packed(json.map((text) => (text === null ? null : Buffer.from(text))));
  const column = <T>(value: (line: StreamLine) => T): T[] => lines.map(value);
  const { rows } = await sql<{ moved: number }>`
    with held as (
      select run.id from run join turn on turn.id = run.turn_id join workspace_lease lease on ${leaseOfTurn}
      where run.run_key = ${runKey} for share of lease
    ), fence as (
      update run set out_offset = ${to} from held where run.id = held.id and run.out_offset = ${from} returning run.id
    ), stored as (
      insert into agent_event (run_id, byte_offset, raw, kind, text, json, tool, tool_use_id, at)
      select fence.id, line.byte_offset, substring(${raw.bytes}::bytea from line.start for line.length), line.kind, line.text,
        convert_from(substring(${parsed.bytes}::bytea from line.json_start for line.json_length), 'UTF8')::jsonb, line.tool, line.tool_use_id, line.at
      from fence, unnest(
        ${column((line) => line.offset)}::bigint[], ${raw.starts}::integer[], ${raw.lengths}::integer[], ${column((line) => line.kind)}::text[],
        ${column((line) => cleanText(line.text))}::text[], ${parsed.starts}::integer[], ${parsed.lengths}::integer[],
        ${column((line) => line.tool ?? null)}::text[], ${column((line) => line.toolUseId ?? null)}::text[], ${column((line) => line.at)}::timestamptz[]
      ) as line (byte_offset, start, length, kind, text, json_start, json_length, tool, tool_use_id, at)
    )
    select count(*) as moved from fence`.execute(db);
  return rows[0]?.moved === 1;
}

interface Packed {
  bytes: Buffer;
  /** Of each, counted from 1. */
  starts: number[];
  /** Null for null. */
  lengths: (number | null)[];
}

/** One value of bytes travels as it is; an array would be written out in escapes or hexadecimal digits, and read back. */
function packed(values: readonly (Buffer | null)[]): Packed {
  let start = 1;
  const starts = values.map((value) => (start += value?.length ?? 0) - (value?.length ?? 0));
  return { bytes: Buffer.concat(values.filter((value) => value !== null)), starts, lengths: values.map((value) => value?.length ?? null) };
}

/** Bytes of the run's stream that are stored: where a follower goes on. `unknown_target` for a key without a row. */
export async function outOffset(db: Db, runKey: string): Promise<number> {
  const row = await db.selectFrom('run').select('out_offset').where('run_key', '=', runKey).executeTakeFirst();
  if (!row) throw new HoldpointError('unknown_target', `there is no run ${runKey}`);
  return row.out_offset;
}

/** Lines read back at a time, to learn again what an earlier follower had learned. */
const REPLAY_PAGE = 1_000;

/** The stored lines of one run, in order, as they were stored. */
export async function* runLines(db: Db, runKey: string): AsyncGenerator<Buffer> {
  for (let after = -1; ;) {
    const rows = await db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id')
      .select(['agent_event.byte_offset as offset', 'agent_event.raw'])
      .where('run.run_key', '=', runKey).where('agent_event.byte_offset', '>', after)
      .orderBy('agent_event.byte_offset').limit(REPLAY_PAGE).execute();
    for (const { raw } of rows) yield raw;
    const last = rows.at(-1);
    if (!last || rows.length < REPLAY_PAGE) return;
    after = last.offset;
  }
}

/** Where each tool call of the turn's runs stands in their streams, and its result; counted over all of them. */
export async function callPositions(db: Db, turn: TurnRef): Promise<Map<string, { made: number; answered: number | null }>> {
  const rows = await db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id').select(['agent_event.kind', 'agent_event.tool_use_id as id'])
    .where('run.turn_id', '=', turnIdSql(turn)).where('agent_event.kind', 'in', ['toolUse', 'toolResult', 'denied']).where('agent_event.tool_use_id', 'is not', null)
    .orderBy('run.seq').orderBy('agent_event.byte_offset').execute();
  const found = new Map<string, { made: number; answered: number | null }>();
  for (const [at, { kind, id }] of rows.entries()) {
    const known = found.get(id ?? '');
    if (known) Object.assign(known, kind !== 'toolUse' && { answered: at });
    else found.set(id ?? '', { made: at, answered: null });
  }
  return found;
}

/** Whether the agent did anything in that run: said something, or called a tool, or had one answered. */
export async function hasWorked(db: Db, runKey: string): Promise<boolean> {
  const row = await db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id').select('agent_event.kind')
    .where('run.run_key', '=', runKey).where('agent_event.kind', 'in', ['text', 'thinking', 'toolUse', 'toolResult', 'denied']).limit(1).executeTakeFirst();
  return row !== undefined;
}
