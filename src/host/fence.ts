/**
 * The lease of a workspace as this host has seen it: the highest fencing number wins for good. Each number is a file of its own that
 * is created once, so no lock is needed: whoever sees a higher one after having created his own has lost. The folder is the user's,
 * whatever state folder a program was given: two installations on one host see each other.
 */
import { constants } from 'node:fs';
import { access, readdir, realpath, rm, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Fence } from '../domain/host-api.ts';
import { createOnce, privateDirectory, readJson } from './durable.ts';
import { HostError } from './host-error.ts';

/** Real path of a workspace that exists and can be written. */
export async function openWorkspace(path: string): Promise<string> {
  if (typeof path !== 'string' || !path.startsWith('/')) throw new HostError('bad_input', `workspace must be an absolute path, got ${JSON.stringify(path)}`);
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !(await stat(real)).isDirectory()) throw new HostError('workspace_missing', `workspace ${path} is not a directory on this host`);
  await access(real, constants.W_OK | constants.X_OK).catch(() => {
    throw new HostError('workspace_not_writable', `workspace ${path} cannot be written by this user`);
  });
  return real;
}

/** Names a workspace's folder. */
export const workspaceHash = (realPath: string): string => createHash('sha256').update(realPath).digest('hex').slice(0, 20);

/** Real path of the workspace, its fence recorded; `stale_fence` when a newer one is known. May be repeated. */
export async function holdFence(fenceDir: string, p: Fence): Promise<string> {
  const { fence } = p;
  if (!Number.isSafeInteger(fence) || fence < 0) throw new HostError('bad_input', 'fence must be a whole number, 0 or more');
  const workspace = await openWorkspace(p.workspace);
  const dir = await privateDirectory(join(fenceDir, workspaceHash(workspace)));
  if ((await highest(dir)) < fence) await createOnce(join(dir, String(fence)), JSON.stringify({ workspace, holder: p.holder, fence }));
  const newest = await highest(dir);
  if (newest > fence) throw new HostError('stale_fence', `workspace ${p.workspace} was claimed with fence ${newest}; this caller has ${fence}`, { newest });
  await forgetOlder(dir, fence);
  return workspace;
}

/**
 * As `holdFence`, for who begins: a number belongs to the holder that claimed it first, so that two databases that count for
 * themselves never work under the same one. `stale_fence` names the newest in its details: a claim above it goes on.
 */
export async function claimFence(fenceDir: string, p: Fence): Promise<string> {
  const workspace = await holdFence(fenceDir, p);
  const file = join(fenceDir, workspaceHash(workspace), String(p.fence));
  const { holder } = ((await readJson(file)) ?? {}) as Partial<Fence>;
  if (holder === p.holder) return workspace;
  throw new HostError('stale_fence', `workspace ${p.workspace} was claimed with fence ${p.fence} by ${holder ?? 'another claim'}`, { newest: p.fence });
}

const fencesIn = async (dir: string): Promise<number[]> => (await readdir(dir)).filter((name) => /^\d+$/.test(name)).map(Number);

const highest = async (dir: string): Promise<number> => Math.max(-1, ...(await fencesIn(dir)));

async function forgetOlder(dir: string, fence: number): Promise<void> {
  for (const older of (await fencesIn(dir)).filter((one) => one < fence)) await rm(join(dir, String(older)), { force: true });
}
