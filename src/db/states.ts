/** State changes as the workflows tell them, all of one call in one transaction: the read side never shows half of one. */
import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import { milestoneWorkflowId } from '../domain/ids.ts';
import type { StateChange } from '../domain/questions.ts';
import { CLOSED_STATES, type TaskState } from '../domain/states.ts';
import { answerBreakpoint, closeBreakpoints, openBreakpoint, urgeBreakpoint } from './breakpoints.ts';
import { noteEvents } from './events.ts';
import { noteRaised } from './raised-limits.ts';
import type { Database } from './schema.ts';
import { inTransaction } from './transaction.ts';
import type { Db } from './transaction.ts';
import { leaveAll } from './worktrees.ts';

/** One call of a workflow, and when and as what it was made. */
export interface RecordedChange extends StateChange {
  /** When the workflow asked for it (RFC 3339): a late repetition does not undo what came after. Default: now. */
  at?: string;
  /** Names this call (run and activity id): without it, a repetition notes its events again. */
  key?: string;
}

/** May be repeated. The project's plan must be registered. */
export async function recordStates(db: Db, change: RecordedChange): Promise<void> {
  const at = change.at ?? new Date().toISOString();
  await inTransaction(db, async (tx) => {
    for (const asked of change.opened ?? []) await openBreakpoint(tx, change, asked);
    for (const urged of change.urged ?? []) await urgeBreakpoint(tx, urged);
    for (const answer of change.answered ?? []) await answerBreakpoint(tx, answer);
    await setProject(tx, change, at);
    if (change.milestone !== undefined) await setMilestone(tx, change, change.milestone, at);
    await noteRaised(tx, change, change.raised ?? [], { key: change.key ?? `${change.runId}/${at}`, at });
    await noteEvents(tx, eventsOf(change, at));
  });
}

async function setProject(tx: Transaction<Database>, { project, milestone, runId, projectState }: RecordedChange, at: string): Promise<void> {
  if (projectState === undefined) return;
  await tx.updateTable('project')
    .set({ state: projectState, state_at: at, updated_at: sql`now()`, ...(milestone === undefined && { run_id: runId }) })
    .where('id', '=', project).where(isNotLaterThan(at)).execute();
}

async function setMilestone(tx: Transaction<Database>, change: RecordedChange, milestone: string, at: string): Promise<void> {
  const { project, milestoneState: state } = change;
  if (state !== undefined) {
    const { numUpdatedRows } = await tx.updateTable('milestone').set({ state, state_at: at, run_id: change.runId })
      .where('project', '=', project).where('id', '=', milestone).where(isNotLaterThan(at)).executeTakeFirst();
    if (CLOSED_STATES.includes(state) && numUpdatedRows > 0n) await endMilestone(tx, change, milestone);
  }
  if (change.tasks?.length) await setTasks(tx, { project, milestone }, change.tasks, at);
}

async function endMilestone(tx: Transaction<Database>, { project, workflowId }: RecordedChange, milestone: string): Promise<void> {
  await closeBreakpoints(tx, { project, milestone });
  // Its project says so of one that was never started: an earlier run of it may still be at its end.
  if (workflowId === milestoneWorkflowId(project, milestone)) await leaveAll(tx, { project, milestone });
}

async function setTasks(tx: Transaction<Database>, of: { project: string; milestone: string }, tasks: { id: string; state: TaskState }[], at: string): Promise<void> {
  await sql`
    update task set state = change.state, state_at = ${at}
    from unnest(${tasks.map((task) => task.id)}::text[], ${tasks.map((task) => task.state)}::text[]) as change (id, state)
    where task.project = ${of.project} and task.milestone = ${of.milestone} and task.id = change.id
      and (task.state_at is null or task.state_at <= ${at})`.execute(tx);
}

const isNotLaterThan = (at: string) => sql<boolean>`(state_at is null or state_at <= ${at})`;

function eventsOf({ events = [], key, project, milestone, workflowId, runId }: RecordedChange, at: string) {
  const name = key ?? `${runId}/${at}`;
  return events.map((event, index) => ({ ...event, key: `${name}/${index}`, project, ...(milestone && { milestone }), workflowId, runId, at }));
}
