/** A fork's own worktree, files and session: made once, from where a turn of its origin has ended. */
import { firstTreeOfTask, type TaskRef } from '../db/turns.ts';
import { decisionOf, type DecisionRow } from '../db/decisions.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { CheckpointRequest, Fence } from '../domain/host-api.ts';
import type { TurnRef } from '../domain/ids.ts';
import { DEFAULT_LINK } from '../domain/isolation.ts';
import type { Deps } from './deps.ts';
import { onHost, type HostCall } from './on-host.ts';
import type { Planned } from './plans.ts';
import { restoreFiles } from './restore-files.ts';

/** Tree from which the task set out; the one that a fork goes on with set out in its origin. */
export async function firstTree(deps: Deps, { milestone: { fork } }: Planned, call: TaskRef): Promise<string | null> {
  return fork?.task === call.task ? fork.firstTree : firstTreeOfTask(deps.db, call);
}

/** The decision about the attempt before; before the first of a fork it is that about the turn it goes on from. */
export function decisionBefore(deps: Deps, { milestone: { fork } }: Planned, call: TurnRef): Promise<DecisionRow | undefined> {
  if (call.turn > 1) return decisionOf(deps.db, { ...call, turn: call.turn - 1 });
  return fork?.task === call.task ? decisionOf(deps.db, { ...fork, project: call.project }) : Promise.resolve(undefined);
}

const MOST_TRIES = 5;

/**
 * Its folder, on a branch of its own. Nothing in the workspace of the origin changes, so whoever holds that goes on: it is made under the
 * number that the host knows. May be repeated.
 */
export async function makeWorktree(target: HostCall, context: Planned): Promise<void> {
  const { plan, milestone: { id, fork }, place } = context;
  if (!fork) return;
  const request = { path: fork.path, branch: fork.branch, link: plan.isolation?.link ?? DEFAULT_LINK, exclude: plan.policy.snapshot.exclude };
  const add = (fence: Fence) => onHost(target, (api) => api.addWorktree({ ...fence, ...request }));
  let fence: Fence = { workspace: place.root, holder: `${plan.project}/${id}`, fence: 0 };
  for (let tries = 1; ; tries += 1) {
    try {
      await add(fence);
      return;
    } catch (error) {
      const newest = error instanceof HoldpointError && error.kind === 'stale_fence' ? error.details?.newest : undefined;
      if (typeof newest !== 'number' || tries === MOST_TRIES) throw error;
      fence = { ...fence, fence: newest };
    }
  }
}

/** The files of the turn's end, before anybody works there. May be repeated. */
export async function fillWorktree(target: HostCall, { milestone: { fork } }: Planned, place: CheckpointRequest): Promise<void> {
  if (fork) await restoreFiles(target, place, fork);
}
