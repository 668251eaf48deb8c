/** Makes a folder what a checkpoint says, all of it or an error. */
import { HoldpointError } from '../domain/failure-kind.ts';
import type { CheckpointRequest, TreeAndSidecar } from '../domain/host-api.ts';
import { HOLDS_UNCOVERED, WRITTEN_MEANWHILE } from '../domain/restore.ts';
import { onHost, type HostCall } from './on-host.ts';

const MAX_NAMED = 5;

/** What the agent may have taken away, and what of it stays: a folder with `node_modules`, or with what git keeps of a submodule. */
const isLeftover = ({ reason }: { reason: string }): boolean => reason === HOLDS_UNCOVERED;

/**
 * May be repeated, also after it was cut off. A folder stays where something is in it that no checkpoint holds. `workspace_not_writable`
 * names what is not as it should be; where somebody was only writing meanwhile it is `internal`, which is tried again: the caller saves
 * first what it would write over.
 */
export async function restoreFiles(target: HostCall, request: CheckpointRequest, { tree, sidecar }: TreeAndSidecar): Promise<void> {
  const { exact, notRestored } = await onHost(target, (api) => api.restoreTree({ ...request, tree, sidecar, paths: null, dryRun: false }));
  const left = notRestored.filter((one) => !isLeftover(one));
  if (exact || (notRestored.length > 0 && left.length === 0)) return;
  const named = left.slice(0, MAX_NAMED).map(({ path, reason }) => `${path} (${reason})`).join(', ');
  const kind = left.length > 0 && left.every(({ reason }) => reason === WRITTEN_MEANWHILE) ? 'internal' : 'workspace_not_writable';
  throw new HoldpointError(kind, `${request.workspace} could not be made as its checkpoint says: ${named || 'it changes meanwhile'}`);
}
