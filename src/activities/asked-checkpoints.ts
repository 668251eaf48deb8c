/** Checkpoints that somebody asks for. */
import { askedCheckpoint, insertCheckpoint } from '../db/checkpoints.ts';
import { noteEvent } from '../db/events.ts';
import type { CheckpointReport } from '../domain/checkpoint.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { HostActivities, KeepCheckpoint } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { planned } from './plans.ts';

const MAX_LISTED = 20;
const MAX_LINE = 200;

async function keep(deps: Deps, call: KeepCheckpoint & { attemptAt?: string }, beat: Beat): Promise<CheckpointReport> {
  const { tree, files, bytes, notCovered, ...rest } = await takeCheckpoint(deps, await planned(deps, call), call, beat);
  await insertCheckpoint(deps.db, { ...call, kind: 'asked' }, { tree, files, bytes, notCovered, ...rest });
  const id = (await askedCheckpoint(deps.db, call, tree))?.id;
  if (id === undefined) throw new HoldpointError('internal', `the checkpoint of ${call.project}/${call.milestone} was not stored`);
  const { project, milestone, by = 'somebody' } = call;
  await noteEvent(deps.db, { project, milestone, kind: 'checkpoint_taken', message: `checkpoint ${id} on demand, by ${by}`, key: id });
  return { id, tree, files, bytes, notCovered: notCovered.slice(0, MAX_LISTED).map((line) => line.slice(0, MAX_LINE)), moreNotCovered: Math.max(0, notCovered.length - MAX_LISTED) };
}

export const createAskedCheckpoints = (deps: Deps): Pick<HostActivities, 'keepCheckpoint'> => ({
  keepCheckpoint: (call) => withHeartbeat((beat) => keep(deps, { ...call, ...thisAttempt() }, beat)),
});
