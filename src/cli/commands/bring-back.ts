/** `holdpoint fork FORK --bring-back`: the workspace becomes what the fork has come to; a restore of its last checkpoint into its origin's place. */
import { endedFork } from '../../db/forks.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import type { AgreeOptions } from '../agreed.ts';
import type { Call } from '../command.ts';
import { existingTarget } from '../targets.ts';
import { restoreCheckpoint } from './restore.ts';

/** 1 when something could not be made as it is in the fork. */
export async function bringBackFork(call: Call<AgreeOptions>): Promise<number> {
  const { session: { db }, args: [target = ''] } = call;
  const { project, milestone, task } = await existingTarget(db, target);
  if (milestone === undefined || task !== undefined) throw new HoldpointError('bad_input', `${target} is no fork`, { hint: 'write project/fork' });
  const { origin, checkpoint } = await endedFork(db, { project, milestone });
  return restoreCheckpoint(call, { id: checkpoint, project, milestone: origin });
}
