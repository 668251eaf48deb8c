/** A fork: a milestone that goes on from where a turn of another has ended, in a worktree of its own. Pure; package-free but for paths. */
import type { Fork } from './fork-point.ts';
import { forkWorktreePath } from './isolation.ts';
import type { MilestonePlan, Plan } from './plan.ts';

const LONGEST_ID = 63;

/** Id of the `n`th fork of a milestone. */
export function forkId(milestone: string, n: number): string {
  const end = `-fork-${n}`;
  return `${milestone.slice(0, LONGEST_ID - end.length).replace(/-+$/, '')}${end}`;
}

/** Where a fork works: beside the workspace, so that relative paths out of it lead where they did, or in the plan's folder for worktrees. */
export const forkPath = ({ project, workspace: { path }, isolation }: Plan, id: string): string => forkWorktreePath(path, isolation?.folder, { project, id });

export const forkBranch = (project: string, id: string): string => `holdpoint/${project}/${id}`;

/** The plan that the fork follows: that of its origin, with the fork in the place of all milestones. */
export function forkPlan(plan: Plan, origin: MilestonePlan, id: string, fork: Fork): Plan {
  const title = `${origin.title} (fork of ${fork.task}.${fork.turn})`;
  return { ...plan, milestones: [{ ...origin, id, title, dependsOn: [], fork }] };
}
