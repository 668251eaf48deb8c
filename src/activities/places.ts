/** Where a milestone or a task works: the one place that says which folder of the host its activities are about. */
import { worktreeOf } from '../db/worktrees.ts';
import type { TreesOf } from '../domain/host-api.ts';
import { hasWorktrees } from '../domain/isolation.ts';
import type { MilestonePlan, Plan } from '../domain/plan.ts';
import type { Deps } from './deps.ts';

export interface Place {
  /** Absolute: the folder the agent works in, the checks run in, and checkpoints are taken of. */
  path: string;
  /** The plan's workspace, whose shadow repository holds the trees. */
  root: string;
}

/** What calls about the trees of a place say. */
export const treesOf = ({ place: { path, root } }: { place: Place }): TreesOf => ({ workspace: path, ...(path !== root && { root }) });

export const rootOf = ({ workspace: { path } }: Plan): Place => ({ path, root: path });

/** The worktree of the fork, of the task, that of its milestone, or the workspace itself. */
export async function placeOf(deps: Deps, plan: Plan, { id: milestone, fork }: MilestonePlan, task: string | null): Promise<Place> {
  const root = rootOf(plan);
  if (fork) return { ...root, path: fork.path };
  if (!hasWorktrees(plan)) return root;
  const of = { project: plan.project, milestone };
  const worktree = (task ? await worktreeOf(deps.db, { ...of, task }) : undefined) ?? (await worktreeOf(deps.db, { ...of, task: null }));
  return worktree ? { ...root, path: worktree.path } : root;
}
