/** What changed in a workspace between two turns of a milestone, while nobody of ours worked in it. */
import { latestCheckpoint } from '../db/checkpoints.ts';
import { baselineOf, evidenceOf } from '../db/evidence.ts';
import type { Change } from '../domain/host-api.ts';
import { hasWorktrees } from '../domain/isolation.ts';
import type { TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { treesOf } from './places.ts';
import type { Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';

export interface Between {
  /** The files as they were left. */
  from: string;
  sidecar: string;
  changes: Change[];
}

/** The last checkpoint, and what the checks made of it, which may write: theirs are no changes of anybody's. */
async function leftBehind(deps: Deps, call: TurnCall): Promise<{ tree: string; sidecar: string } | null> {
  const last = await latestCheckpoint(deps.db, call);
  if (!last) return null;
  const checks = last.turn ? await evidenceOf(deps.db, last.turn) : await baselineOf(deps.db, call);
  return { tree: checks[0]?.tree === last.tree ? (checks.at(-1)?.treeAfter ?? last.tree) : last.tree, sidecar: last.sidecar };
}

/** Null where nothing was left before, or nothing has changed; and in worktrees, whose files our own merges change. Nothing is merged into that of a fork. */
export async function changedBetween(deps: Deps, context: Planned, call: TurnCall, now: { tree: string }, beat: Beat): Promise<Between | null> {
  const left = hasWorktrees(context.plan) && !context.milestone.fork ? null : await leftBehind(deps, call);
  if (!left || left.tree === now.tree) return null;
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ ...treesOf(context), from: left.tree, to: now.tree }));
  return changes.length === 0 ? null : { from: left.tree, sidecar: left.sidecar, changes };
}
