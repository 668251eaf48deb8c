/** Plans as they were handed in, and the rows of the read side that are made from the current one. */
import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import { HoldpointError } from '../domain/failure-kind.ts';
import { milestoneWorkflowId, projectWorkflowId } from '../domain/ids.ts';
import type { Plan } from '../domain/plan.ts';
import type { WorkState } from '../domain/states.ts';
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
const CLOSED: readonly WorkState[] = ['completed', 'failed', 'cancelled'];

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

function lockProject(tx: Transaction<Database>, project: string) {
  return tx.selectFrom('project').select(['state', 'run_id', 'plan_sha256']).where('id', '=', project).forUpdate().executeTakeFirst();
}

async function makeCurrent(tx: Transaction<Database>, current: Current, state: WorkState | undefined): Promise<void> {
  if (state && CLOSED.includes(state)) await beginAgain(tx, current.project);
  await upsertProject(tx, current);
  await upsertMilestones(tx, current);
  await upsertTasks(tx, current);
  await replaceDependencies(tx, current);
}

async function beginAgain(tx: Transaction<Database>, project: string): Promise<void> {
  const pending = { state: 'pending', state_at: null } as const;
  await tx.updateTable('project').set({ ...pending, run_id: null }).where('id', '=', project).execute();
  await tx.updateTable('milestone').set({ ...pending, run_id: null, epoch: null }).where('project', '=', project).execute();
  await tx.updateTable('task').set(pending).where('project', '=', project).execute();
  await tx.updateTable('breakpoint').set({ closed_at: sql`now()` })
    .where('project', '=', project).where('answered_at', 'is', null).where('closed_at', 'is', null).execute();
}

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
