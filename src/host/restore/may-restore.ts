/** When a restore may begin and go on: nothing runs in the workspace, the lease is held, and no later restore has begun. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fence } from '../../domain/host-api.ts';
import { privateDirectory, writeWhole } from '../durable.ts';
import { holdFence, workspaceHash } from '../fence.ts';
import { HostError } from '../host-error.ts';
import { livingRuns } from '../run/workspace-runs.ts';

/** `workspace_busy` while anything of a run lives. */
export async function requireQuiet(fenceDir: string, workspace: string): Promise<void> {
  const keys = await livingRuns(fenceDir, workspace);
  if (keys.length > 0) throw new HostError('workspace_busy', `a run is alive in ${workspace}: ${keys.join(', ')}`);
}

/**
 * Begins a restore. What it answers throws `stale_fence` once a newer lease or a later restore is known: a caller that was cut off and
 * calls again never has two at work.
 */
export async function beginRestore(fenceDir: string, lease: Fence, workspace: string): Promise<() => Promise<void>> {
  const file = join(await privateDirectory(join(fenceDir, workspaceHash(workspace))), 'restore');
  const own = randomBytes(12).toString('hex');
  await writeWhole(file, own);
  return async () => {
    await holdFence(fenceDir, lease);
    if ((await readFile(file, 'utf8')) !== own) throw new HostError('stale_fence', `a later restore of ${workspace} has begun`);
  };
}

/** Of a dry run, which changes nothing and so disturbs nobody. */
export async function neverBegun(): Promise<void> {
  throw new HostError('internal', 'a dry run was about to change something');
}
