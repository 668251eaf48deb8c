/** Trees that a host must not throw away, whatever their age. */
import { sql } from 'kysely';
import type { Db } from './transaction.ts';

/**
 * On any workspace of the host, as workspaces may share a store: of milestones that are not over, every checkpoint, what checks were
 * run on and left, and what a fork begins with; of worktrees that are still worked in, what is being brought together.
 */
export async function neededTrees(db: Db, host: string): Promise<string[]> {
  const { rows } = await sql<{ tree: string }>`
    with live as (
      select milestone.* from milestone join project on project.id = milestone.project
      where project.host = ${host} and milestone.state not in ('completed', 'failed', 'cancelled')
    ), begun as (
      select one->'fork' as fork from live join plan on plan.project = live.project and plan.sha256 = live.plan_sha256,
        jsonb_array_elements(plan.plan->'milestones') one
      where live.fork_of is not null and one->>'id' = live.id
    ), needed as (
      select checkpoint.tree from checkpoint join live on live.project = checkpoint.project and live.id = checkpoint.milestone
      union select unnest(array[evidence.tree, evidence.tree_after]) from evidence join live on live.project = evidence.project and live.id = evidence.milestone
      union select unnest(array[fork->>'tree', fork->>'firstTree']) from begun
      union select unnest(array[base_tree, ours_tree, merged_tree, saved_tree]) from worktree where host = ${host} and state not in ('kept', 'removed')
    )
    select tree from needed where tree is not null`.execute(db);
  return rows.map(({ tree }) => tree);
}
