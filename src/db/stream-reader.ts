/** Reads stored streams back, for `logs`: in order, in pages, and on from where the last page ended. */
import { sql } from 'kysely';
import type { AgentEvent } from '../domain/agent.ts';
import type { Target } from '../domain/ids.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';

const PAGE = 500;

/** The last event seen. Opaque to callers. */
export interface EventCursor {
  run: number;
  offset: number;
}

/** One line of the `logs` document. */
export interface LoggedEvent {
  /** RFC 3339. */
  at: string;
  project: string;
  milestone: string;
  task: string;
  turn: number;
  /** Run key. */
  run: string;
  offset: number;
  kind: AgentEvent['kind'];
  text: string;
  tool: string | null;
  toolUseId: string | null;
  /** The line as the agent wrote it, parsed; null when it is not JSON. */
  json: unknown;
}

export interface EventPage {
  events: LoggedEvent[];
  /** For the next call; the one given when there was nothing new. */
  cursor: EventCursor | null;
}

type Row = Omit<LoggedEvent, 'at' | 'toolUseId'> & { at: Date; tool_use_id: string | null; run_id: number };

/**
 * Events after `cursor` (null: from the start), oldest first. Cheap when there is nothing new: poll it to follow. Runs of a
 * project follow each other, because a workspace has one writer; so the order of runs is the order of time.
 */
export async function eventsAfter(db: Db, target: Target, cursor: EventCursor | null, limit: number = PAGE): Promise<EventPage> {
  const { run, offset } = cursor ?? { run: 0, offset: -1 };
  // Run by run, and each no further than a page: a long stream is not read to its end for every page.
  const { rows } = await sql<Row>`
    with followed as materialized (
      select run.id, run.run_key, turn.project, turn.milestone, turn.task, turn.turn from turn join run on run.turn_id = turn.id
      where ${ofTarget(target)} and run.id >= ${run} order by run.id
    )
    select e.at, f.project, f.milestone, f.task, f.turn, f.run_key as run, e.byte_offset as offset, e.kind, e.text,
      e.tool, e.tool_use_id, e.json, e.run_id
    from followed f cross join lateral (
      select * from agent_event
      where run_id = f.id and byte_offset > case when f.id = ${run} then ${offset}::bigint else -1 end
      order by byte_offset limit ${limit}
    ) e
    order by f.id, e.byte_offset limit ${limit}`.execute(db);
  const last = rows.at(-1);
  return { events: rows.map(fromRow), cursor: last ? { run: last.run_id, offset: last.offset } : cursor };
}

function fromRow({ at, project, milestone, task, turn, run, offset, kind, text, tool, tool_use_id, json }: Row): LoggedEvent {
  return { at: at.toISOString(), project, milestone, task, turn, run, offset, kind, text, tool, toolUseId: tool_use_id, json };
}

/** All stored events after `after`, page by page, until there are no more. */
export async function* readEvents(db: Db, target: Target, { after = null }: { after?: EventCursor | null } = {}): AsyncGenerator<LoggedEvent[]> {
  for (let page = await eventsAfter(db, target, after); page.events.length > 0; page = await eventsAfter(db, target, page.cursor)) {
    yield page.events;
  }
}
