/** What changed in the workspace while a call waited for a person: the agent believes the files to be as it left them. */
import { findCheckpoint } from '../db/checkpoints.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import type { Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';
import { treesOf } from './places.ts';

const MAX_PATHS = 20;

/** Paths, some of them where there are many; none where nothing moved. */
export async function movedWhileWaiting(deps: Deps, context: Planned, call: TurnCall, beat: Beat): Promise<string[]> {
  const left = await findCheckpoint(deps.db, { ...call, kind: 'after' });
  if (!left) return [];
  const { tree } = await takeCheckpoint(deps, context, call, beat);
  if (tree === left.tree) return [];
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ ...treesOf(context), from: left.tree, to: tree }));
  return changes.slice(0, MAX_PATHS).map(({ path }) => path);
}
