/** Plans as they were handed in, and the rows of the read side that are made from the current one. */
import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import { HoldpointError } from '../domain/failure-kind.ts';
import { milestoneWorkflowId, projectWorkflowId } from '../domain/ids.ts';
import type { Plan } from '../domain/plan.ts';
import { CLOSED_STATES, type WorkState } from '../domain/states.ts';
import { cleanText, jsonText } from './columns.ts';
import type { Database } from './schema.ts';
import { inTransaction } from './transaction.ts';
import type { Db } from './transaction.ts';

export interface PlanKey {
  project: string;
  sha256: string;
}

type Current = PlanKey & { plan: Plan };

const ACTIVE: readonly WorkState[] = ['running', 'waiting', 'paused'];

/**
 * Stores a plan under its digest and, unless its project is running, makes it the project's current one. May be repeated.
 * A running project goes on with the plan it has: `registerPlan` of its next run takes the new one.
 */
export async function savePlan(db: Db, { project, sha256, plan, source }: Current & { source: string }): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.insertInto('plan').values({ project, sha256, plan: jsonText(plan), source: cleanText(source) })
      .onConflict((oc) => oc.doNothing()).execute();
    const known = await lockProject(tx, project);
    if (!known || !ACTIVE.includes(known.state)) await makeCurrent(tx, { project, sha256, plan }, known?.state);
  });
}

/** The plan with that digest; `unknown_plan` when nobody stored it. */
export async function loadPlan(db: Db, { project, sha256 }: PlanKey): Promise<Plan> {
  const row = await db.selectFrom('plan').select('plan').where('project', '=', project).where('sha256', '=', sha256).executeTakeFirst();
  if (row) return row.plan;
  throw new HoldpointError('unknown_plan', `no plan ${sha256} of project ${project} is stored`, {
    hint: 'store it with `holdpoint start --register-only PLAN`, and start with the digest it prints',
  });
}

/** Where the project's files are; `unknown_project` when there is none of that name. */
export async function workspaceOf(db: Db, project: string): Promise<{ host: string; workspace: string }> {
  const row = await db.selectFrom('project').select(['host', 'workspace']).where('id', '=', project).executeTakeFirst();
  if (row) return row;
  throw new HoldpointError('unknown_project', `there is no project ${project}`, { hint: 'see `holdpoint status`' });
}

export interface ProjectPlace {
  project: string;
  host: string;
  workspace: string;
}

/** Where the code of each project is. */
export const listProjects = (db: Db): Promise<ProjectPlace[]> => db.selectFrom('project').select(['id as project', 'host', 'workspace']).orderBy('id').execute();

/**
 * Makes a stored plan the current one of its project, for the workflow run `runId`; may be repeated. A project that had ended
 * begins again: all its milestones and tasks are pending, its open questions are closed. `unknown_plan` when not stored.
 */
export async function registerPlan(db: Db, { project, sha256, runId }: PlanKey & { runId: string }): Promise<Plan> {
  return inTransaction(db, async (tx) => {
    const plan = await loadPlan(tx, { project, sha256 });
    const known = await lockProject(tx, project);
    if (known?.run_id === runId && known.plan_sha256 === sha256) return plan;
    await makeCurrent(tx, { project, sha256, plan }, known?.state);
    await tx.updateTable('project').set({ run_id: runId }).where('id', '=', project).execute();
    return plan;
  });
}

/** The stored plan becomes the current one of a project that goes on under run `runId`; may be repeated. A run that is not the present one changes nothing. */
export async function adoptPlan(db: Db, { project, sha256, runId }: PlanKey & { runId: string }): Promise<void> {
  await inTransaction(db, async (tx) => {
    const plan = await loadPlan(tx, { project, sha256 });
    const known = await lockProject(tx, project);
    if (known?.run_id === runId && known.plan_sha256 !== sha256) await makeCurrent(tx, { project, sha256, plan }, undefined);
  });
}

/** Whether the project's run of that id is on record as ended. */
export async function isRunOver(db: Db, { project, runId }: { project: string; runId: string }): Promise<boolean> {
  const known = await db.selectFrom('project').select(['state', 'run_id']).where('id', '=', project).executeTakeFirst();
  return known?.run_id === runId && CLOSED_STATES.includes(known.state);
}

function lockProject(tx: Transaction<Database>, project: string) {
  return tx.selectFrom('project').select(['state', 'run_id', 'plan_sha256']).where('id', '=', project).forUpdate().executeTakeFirst();
}

async function makeCurrent(tx: Transaction<Database>, current: Current, state: WorkState | undefined): Promise<void> {
  if (state && CLOSED_STATES.includes(state)) await beginAgain(tx, current.project);
  await upsertProject(tx, current);
  await upsertMilestones(tx, current);
  await upsertTasks(tx, current);
  await replaceDependencies(tx, current);
}

async function beginAgain(tx: Transaction<Database>, project: string): Promise<void> {
  // A late repetition of what was said of the run before counts no more.
  const pending = { state: 'pending', state_at: sql<Date | null>`state_at + interval '1 millisecond'` } as const;
  await tx.updateTable('project').set({ ...pending, run_id: null }).where('id', '=', project).execute();
  await tx.updateTable('milestone').set({ ...pending, run_id: null, epoch: null }).where('project', '=', project).where('fork_of', 'is', null).execute();
  await tx.updateTable('task').set(pending).where('project', '=', project).where('milestone', 'not in', forks(tx, project)).execute();
  await tx.updateTable('breakpoint').set({ closed_at: sql`now()` })
    .where('project', '=', project).where('answered_at', 'is', null).where('closed_at', 'is', null).where('milestone', 'not in', forks(tx, project)).execute();
}

/** They have an end of their own. */
const forks = (tx: Transaction<Database>, project: string) => tx.selectFrom('milestone').select('id').where('project', '=', project).where('fork_of', 'is not', null);

async function upsertProject(tx: Transaction<Database>, { project, sha256, plan }: Current): Promise<void> {
  const row = { plan_sha256: sha256, host: plan.workspace.host, workspace: plan.workspace.path };
  await tx.insertInto('project').values({ id: project, workflow_id: projectWorkflowId(project), ...row })
    .onConflict((oc) => oc.column('id').doUpdateSet({ ...row, updated_at: sql`now()` })).execute();
}

async function upsertMilestones(tx: Transaction<Database>, { project, sha256, plan }: Current): Promise<void> {
  const rows = plan.milestones.map(({ id, title, dependsOn }, position) => ({
    project, id, plan_sha256: sha256, title: cleanText(title), position, depends_on: dependsOn, workflow_id: milestoneWorkflowId(project, id),
  }));
  if (rows.length === 0) return;
  await tx.insertInto('milestone').values(rows).onConflict((oc) => oc.columns(['project', 'id']).doUpdateSet((eb) => ({
    plan_sha256: eb.ref('excluded.plan_sha256'), title: eb.ref('excluded.title'),
    position: eb.ref('excluded.position'), depends_on: eb.ref('excluded.depends_on'),
  }))).execute();
}

async function upsertTasks(tx: Transaction<Database>, { project, sha256, plan }: Current): Promise<void> {
  const rows = plan.milestones.flatMap((milestone) => milestone.tasks.map(({ id, title, priority, deadline }, position) => ({
    project, milestone: milestone.id, id, plan_sha256: sha256, title: cleanText(title), position, priority, deadline,
  })));
  if (rows.length === 0) return;
  await tx.insertInto('task').values(rows).onConflict((oc) => oc.columns(['project', 'milestone', 'id']).doUpdateSet((eb) => ({
    plan_sha256: eb.ref('excluded.plan_sha256'), title: eb.ref('excluded.title'), position: eb.ref('excluded.position'),
    priority: eb.ref('excluded.priority'), deadline: eb.ref('excluded.deadline'),
  }))).execute();
}

async function replaceDependencies(tx: Transaction<Database>, { project, plan }: Current): Promise<void> {
  await tx.deleteFrom('task_dependency').where('project', '=', project).execute();
  const rows = plan.milestones.flatMap((milestone) => milestone.tasks.flatMap((task) =>
    task.dependsOn.map((depends_on) => ({ project, milestone: milestone.id, task: task.id, depends_on }))));
  if (rows.length > 0) await tx.insertInto('task_dependency').values(rows).execute();
}

/** By name. */
export async function milestonesOf(db: Db, project: string): Promise<string[]> {
  return (await db.selectFrom('milestone').select('id').where('project', '=', project).orderBy('id').execute()).map(({ id }) => id);
}

/** Digest of the plan that the milestone's row follows. Throws `unknown_target`. */
export async function planOfMilestone(db: Db, { project, milestone }: { project: string; milestone: string }): Promise<string> {
  const row = await db.selectFrom('milestone').select('plan_sha256').where('project', '=', project).where('id', '=', milestone).executeTakeFirst();
  if (!row) throw new HoldpointError('unknown_target', `there is no milestone ${project}/${milestone}`);
  return row.plan_sha256;
}
