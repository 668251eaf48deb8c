/** Forks: milestones beside those of the plan, each with a plan of its own. */
import { sql } from 'kysely';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Fork } from '../domain/fork-point.ts';
import { milestoneWorkflowId, turnTarget, type Target, type TurnRef } from '../domain/ids.ts';
import type { Plan } from '../domain/plan.ts';
import { findCheckpoint } from './checkpoints.ts';
import { cleanText, jsonText } from './columns.ts';
import { loadPlan } from './plans.ts';
import { ofTarget } from './targets.ts';
import { inTransaction, type Db } from './transaction.ts';
import { firstTreeOfTask, turn as loadTurn } from './turns.ts';

/** What a fork could go on from, and the plan that its milestone follows. */
export interface ForkBase {
  plan: Plan;
  /** Of the plan. */
  sha256: string;
  /** Id of the checkpoint after the turn. */
  checkpoint: string;
  point: Omit<Fork, 'note' | 'path' | 'branch'>;
}

/** Of the milestone's latest run. `unknown_target` when there is no such turn, `policy` when it has not ended. */
export async function forkBase(db: Db, target: Required<Target>): Promise<ForkBase> {
  const { rows } = await sql<{ epoch: number; sha256: string; session: string | null }>`
    select turn.epoch, m.plan_sha256 as sha256, (select run.spec->>'sessionId' from run where run.turn_id = turn.id order by run.seq desc limit 1) as session
    from turn join milestone m on m.project = turn.project and m.id = turn.milestone where ${ofTarget(target)}`.execute(db);
  const [row] = rows;
  if (!row) throw new HoldpointError('unknown_target', `there is no turn ${turnTarget(target)}`, { hint: `see \`holdpoint status ${target.project}\`` });
  const ref: TurnRef = { ...target, epoch: row.epoch };
  const [plan, { id, sessionId, treeBefore }, after] = await Promise.all([
    loadPlan(db, { project: target.project, sha256: row.sha256 }), loadTurn(db, ref), findCheckpoint(db, { ...ref, kind: 'after' }),
  ]);
  if (!after) {
    throw new HoldpointError('policy', `${turnTarget(ref)} has not ended: there is no checkpoint after it`, { hint: `wait for its end, or name an earlier turn` });
  }
  const { milestone, task, turn, epoch } = ref;
  const origin = plan.milestones.find((one) => one.id === milestone)?.fork;
  const firstTree = origin?.task === task ? origin.firstTree : await firstTreeOfTask(db, ref);
  return {
    plan, sha256: row.sha256, checkpoint: after.id,
    point: {
      milestone, epoch, task, turn, turnId: id, tree: after.tree, sidecar: after.sidecar,
      firstTree: firstTree ?? treeBefore, sessionId: row.session ?? sessionId, over: await overBefore(db, ref, id),
    },
  };
}

/**
 * The turn of that row id, and since when its files are what they are: since it began, or since its worktree has had the files of the
 * workspace, alone or beside its own.
 */
const asItBegan = (turnId: number) => sql`
  select at.*, coalesce((
    select max(greatest(w.created_at, e.at)) from worktree w
      left join event e on e.project = w.project and e.milestone = w.milestone and e.at <= at.started_at
        and (e.key = w.branch || '/worktree_opened' or (starts_with(e.key, w.branch || '/') and e.kind = 'worktree_updated'))
    where (w.project, w.milestone, w.task, w.epoch) = (at.project, at.milestone, at.task, at.epoch)
      and w.created_at <= at.started_at and (w.state <> 'removed' or w.updated_at >= at.started_at)
  ), at.started_at) as had_all
  from turn at where at.id = ${turnId}`;

/**
 * Tasks that were over when the turn began, and whose work is in its files: settled by then, accepted in the same folder, or brought back
 * from a worktree. What was done beside it, and came back later, is not.
 */
async function overBefore(db: Db, { project, milestone, epoch, task }: TurnRef, turnId: number): Promise<Fork['over']> {
  const { rows } = await sql<Fork['over'][number]>`
    with at as (${asItBegan(turnId)})
    select t.id, case when t.state = 'skipped' and t.state_at <= at.started_at then 'skipped' else 'completed' end as state
    from task t cross join at
      left join worktree w on (w.project, w.milestone, w.task, w.epoch) = (t.project, t.milestone, t.id, ${epoch}::bigint)
      left join lateral (
        select d.decision, d.at, before.started_at from turn before join decision d on d.turn_id = before.id
        where before.project = t.project and before.milestone = t.milestone and before.epoch = ${epoch} and before.task = t.id and before.id < at.id
        order by before.id desc, d.id desc limit 1
      ) d on true
    where t.project = ${project} and t.milestone = ${milestone} and t.id <> ${task} and (
      (t.state = 'completed' and t.state_at <= at.had_all) or (t.state = 'skipped' and t.state_at <= at.started_at)
      or (w.id is null and d.decision = 'proceed' and d.at <= at.had_all)
      or (w.state in ('merged', 'removed') and w.merges > 0 and w.updated_at <= at.had_all and (d.decision = 'proceed' or d.started_at <= w.updated_at)))
    order by t.position`.execute(db);
  return rows;
}

/** How many forks the milestone has. */
export async function countForks(db: Db, { project, milestone }: { project: string; milestone: string }): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from milestone where project = ${project} and fork_of->>'milestone' = ${milestone}`.execute(db);
  return rows[0]?.count ?? 0;
}

interface NewFork {
  /** The fork's own, with its only milestone. */
  plan: Plan;
  sha256: string;
  /** What was asked for, for people. */
  source: string;
}

/** Makes the rows of a fork; false when there is a milestone of that id already. The project's current plan stays. */
export async function insertFork(db: Db, { plan, sha256, source }: NewFork): Promise<boolean> {
  const { project, milestones: [milestone] } = plan;
  if (!milestone?.fork) throw new RangeError('the plan of a fork has one milestone, which is the fork');
  const { id, title, tasks, fork } = milestone;
  const { milestone: origin, epoch, task, turn, over } = fork;
  return inTransaction(db, async (tx) => {
    await tx.insertInto('plan').values({ project, sha256, plan: jsonText(plan), source: cleanText(source) }).onConflict((oc) => oc.doNothing()).execute();
    const position = tx.selectFrom('milestone').select('position').where('project', '=', project).where('id', '=', origin);
    const { numInsertedOrUpdatedRows: made = 0n } = await tx.insertInto('milestone').values({
      project, id, plan_sha256: sha256, title: cleanText(title), position, depends_on: [], workflow_id: milestoneWorkflowId(project, id),
      fork_of: jsonText({ milestone: origin, epoch, task, turn }),
    }).onConflict((oc) => oc.doNothing()).executeTakeFirstOrThrow();
    if (made === 0n) return false;
    const ended = new Map(over.map(({ id: one, state }) => [one, state]));
    await tx.insertInto('task').values(tasks.map(({ id: one, title: name, priority, deadline }, at) => ({
      project, milestone: id, id: one, plan_sha256: sha256, title: cleanText(name), position: at, priority, deadline, state: ended.get(one) ?? 'pending',
    }))).execute();
    return true;
  });
}

/** Takes back a fork that was not started. */
export async function dropFork(db: Db, { project, id }: { project: string; id: string }): Promise<void> {
  await inTransaction(db, async (tx) => {
    const of = tx.selectFrom('milestone').select('id').where('project', '=', project).where('id', '=', id).where('fork_of', 'is not', null).where('run_id', 'is', null);
    await tx.deleteFrom('task').where('project', '=', project).where('milestone', 'in', of).execute();
    const dropped = await tx.deleteFrom('milestone').where('project', '=', project).where('id', 'in', of).returning('plan_sha256').execute();
    // Its plan says when the fork began.
    for (const { plan_sha256: sha256 } of dropped) await tx.deleteFrom('plan').where('project', '=', project).where('sha256', '=', sha256).execute();
  });
}

/** The milestone that it is a fork of, and its last checkpoint after a turn. */
export interface EndedFork {
  origin: string;
  checkpoint: string;
}

/** `bad_input` when the milestone is no fork, `policy` when no turn of it has ended. */
export async function endedFork(db: Db, { project, milestone: id }: { project: string; milestone: string }): Promise<EndedFork> {
  const row = await db.selectFrom('milestone').select('fork_of as point').where('project', '=', project).where('id', '=', id).executeTakeFirst();
  if (!row?.point) throw new HoldpointError('bad_input', `${project}/${id} is no fork`, { hint: `see \`holdpoint status ${project}\`` });
  const after = await db.selectFrom('checkpoint').innerJoin('turn', 'turn.id', 'checkpoint.turn_id').select('checkpoint.id')
    .where('turn.project', '=', project).where('turn.milestone', '=', id).where('checkpoint.kind', '=', 'after').orderBy('turn.id', 'desc').limit(1).executeTakeFirst();
  if (after) return { origin: row.point.milestone, checkpoint: String(after.id) };
  throw new HoldpointError('policy', `no turn of ${project}/${id} has ended: there is nothing to bring back`, { hint: `see \`holdpoint status ${project}\`` });
}
