/** Questions to people: opened once, answered once (the first answer stays), closed when nobody needs the answer any more. */
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { AnswerAction } from '../domain/breakpoints.ts';
import type { AnsweredBreakpoint, OpenBreakpoint, UrgedBreakpoint } from '../domain/questions.ts';
import { cleanOrNull, cleanText, isoOrNull, jsonText } from './columns.ts';
import type { BreakpointTable } from './schema-judgement.ts';
import { inTransaction } from './transaction.ts';
import type { Db } from './transaction.ts';

export interface AskedBy {
  workflowId: string;
  runId: string;
}

export interface Question extends Omit<OpenBreakpoint, 'detail' | 'until' | 'timers'> {
  workflowId: string;
  /** By the plan's policy; null: it waits for a person. */
  automatic: { at: string; action: AnswerAction } | null;
  reminders: number;
  /** RFC 3339. */
  remindedAt: string | null;
  escalatedAt: string | null;
  /** `until` (RFC 3339) where it answers itself. */
  detail: unknown;
}

export interface StoredBreakpoint extends Question {
  /** Null while it waits. */
  answer: Omit<AnsweredBreakpoint, 'id'> | null;
  /** RFC 3339; it was given up without an answer. */
  closedAt: string | null;
}

/** With `id`, `openedAt` is the key. May be repeated. The same id opened anew closes the older question, which nobody can answer any more. */
export async function openBreakpoint(db: Db, { workflowId, runId }: AskedBy, asked: OpenBreakpoint): Promise<void> {
  const { id, kind, occurrence, priority, project, milestone, task, turn, actions, tree, timers } = asked;
  const { at = null, action = null } = timers?.automatic ?? {};
  await inTransaction(db, async (tx) => {
    await tx.updateTable('breakpoint').set({ closed_at: asked.openedAt })
      .where('id', '=', id).where('opened_at', '<', new Date(asked.openedAt)).where('answered_at', 'is', null).where('closed_at', 'is', null)
      .execute();
    await tx.insertInto('breakpoint').values({
      id, opened_at: asked.openedAt, workflow_id: workflowId, run_id: runId, project, milestone, task, turn, kind, occurrence, priority,
      reason: cleanText(asked.reason), actions, note_required: asked.noteRequired, tree,
      automatic_at: at, automatic_action: action, detail: jsonText({ ...asked.detail, ...(asked.until !== undefined && { until: asked.until }) }),
    }).onConflict((oc) => oc.doNothing()).execute();
  });
}

/** May be repeated; the first answer stays. Of an id that was opened several times, the latest question is answered. */
export async function answerBreakpoint(db: Db, { id, action, note, by, via, at, refused }: AnsweredBreakpoint): Promise<void> {
  await db.updateTable('breakpoint')
    .set({ action, note: cleanOrNull(note), answered_by: cleanOrNull(by), via, answered_at: at, refused: cleanOrNull(refused) })
    .where('id', '=', id).where('answered_at', 'is', null).where(isLatest(id))
    .execute();
}

/** The latest question of that id. */
const isLatest = (id: string) => sql<boolean>`opened_at = (select max(b.opened_at) from breakpoint b where b.id = ${id})`;

/** A reminder was due, or nobody has answered for long. May be repeated. */
export async function urgeBreakpoint(db: Db, { id, at, reminders, priority }: UrgedBreakpoint): Promise<void> {
  await db.updateTable('breakpoint').set({
    ...(reminders !== undefined && { reminders, reminded_at: at }),
    ...(priority !== undefined && { priority, escalated_at: at }),
  }).where('id', '=', id).where(isLatest(id)).execute();
}

/** Gives up what is still open of a milestone that has ended. May be repeated. */
export async function closeBreakpoints(db: Db, { project, milestone }: { project: string; milestone: string }): Promise<void> {
  await db.updateTable('breakpoint').set({ closed_at: sql`now()` })
    .where('project', '=', project).where('milestone', '=', milestone).where('answered_at', 'is', null).where('closed_at', 'is', null)
    .execute();
}

/** The latest question of that id, with its answer; undefined when it was never asked. */
export async function findBreakpoint(db: Db, id: string): Promise<StoredBreakpoint | undefined> {
  const row = await db.selectFrom('breakpoint').selectAll().where('id', '=', id).orderBy('opened_at', 'desc').limit(1).executeTakeFirst();
  return row && fromRow(row);
}

/** Answers of all projects, of one or of a milestone, oldest first. */
export async function answeredBreakpoints(db: Db, { project, milestone }: { project?: string; milestone?: string }): Promise<StoredBreakpoint[]> {
  const rows = await db.selectFrom('breakpoint').selectAll().where('answered_at', 'is not', null)
    .$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
    .$if(milestone !== undefined, (query) => query.where('milestone', '=', milestone ?? ''))
    .orderBy('answered_at').execute();
  return rows.map(fromRow);
}

/** The question alone. */
export function questionOf(row: Selectable<BreakpointTable>): Question {
  const { id, kind, occurrence, priority, project, milestone, task, turn, reason, actions, tree, detail } = row;
  return {
    id, workflowId: row.workflow_id, kind, occurrence, priority, project, milestone, task, turn,
    openedAt: row.opened_at.toISOString(), reason, actions, noteRequired: row.note_required, tree, detail,
    automatic: row.automatic_at && row.automatic_action && { at: row.automatic_at.toISOString(), action: row.automatic_action },
    reminders: row.reminders, remindedAt: isoOrNull(row.reminded_at), escalatedAt: isoOrNull(row.escalated_at),
  };
}

function fromRow(row: Selectable<BreakpointTable>): StoredBreakpoint {
  const { action, note, via, answered_at: at, answered_by: by } = row;
  const answer = action !== null && via !== null && at !== null ? { action, note, by, via, at: at.toISOString(), ...(row.refused !== null && { refused: row.refused }) } : null;
  return { ...questionOf(row), answer, closedAt: isoOrNull(row.closed_at) };
}

/** Highest occurrence among the milestone's questions of all its runs; 0 when it never asked. */
export async function lastOccurrence(db: Db, { project, milestone }: { project: string; milestone: string }): Promise<number> {
  const row = await db.selectFrom('breakpoint').select(({ fn }) => fn.max('occurrence').as('last'))
    .where('project', '=', project).where('milestone', '=', milestone).executeTakeFirst();
  return row?.last ?? 0;
}
