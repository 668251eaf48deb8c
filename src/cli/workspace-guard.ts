/** An agent that can write where Holdpoint keeps its own data could change its own record. */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Plan } from '../domain/plan.ts';

const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** Throws `policy` when the data folder of a stack lies inside a workspace on this machine. */
export function refuseDataDirInWorkspace(dataDir: string, { workspace }: Plan): void {
  if (workspace.host !== 'local') return;
  const inside = relative(real(workspace.path), real(dataDir));
  if (inside.startsWith('..') || isAbsolute(inside)) return;
  throw new HoldpointError('policy', `the data folder ${dataDir} is inside the workspace ${workspace.path}`, {
    hint: 'run `up` and `start` in another folder, or set HOLDPOINT_DATA_DIR',
  });
}
