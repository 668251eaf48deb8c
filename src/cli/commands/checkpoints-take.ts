/** `holdpoint checkpoints take`: the files as they are now, kept like those before and after a turn. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { milestonesOf, planOfMilestone } from '../../db/plans.ts';
import type { CheckpointTakenDocument } from '../../domain/documents/turns.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { checkpoint } from '../../temporal/restores.ts';
import { define, type Call, type Frame } from '../command.ts';
import { existingTarget } from '../targets.ts';

interface TakeOptions {
  by?: string;
}

/** A project with one milestone means that. */
async function milestoneNamed({ session, args: [name = ''] }: Call<TakeOptions>): Promise<{ project: string; milestone: string }> {
  const { project, milestone } = await existingTarget(session.db, name);
  if (milestone !== undefined) return { project, milestone };
  const all = await milestonesOf(session.db, project);
  const [only, another] = all;
  if (only !== undefined && another === undefined) return { project, milestone: only };
  throw new HoldpointError('bad_input', `${project} has several milestones: ${all.join(', ')}`, { hint: `name one, as in ${project}/${only ?? 'MILESTONE'}` });
}

async function take(call: Call<TakeOptions>): Promise<void> {
  const { session, options, print } = call;
  const of = await milestoneNamed(call);
  const input = { ...of, planSha256: await planOfMilestone(session.db, of), by: options.by ?? userInfo().username };
  const taken = await checkpoint(await session.temporal(), input, session.config.taskQueue);
  const left = taken.notCovered.length + taken.moreNotCovered;
  await print({ ...of, ...taken } satisfies CheckpointTakenDocument, () => [
    `checkpoint ${taken.id}: ${taken.files} files, ${taken.bytes} bytes; back to it: holdpoint restore ${taken.id}`,
    ...(left === 0 ? [] : [`not covered: ${taken.notCovered.join(', ')}${taken.moreNotCovered > 0 ? ` and ${taken.moreNotCovered} more` : ''}`]),
  ].join('\n'));
}

export function addCheckpointsTake(checkpoints: Command, frame: Frame): void {
  const command = checkpoints.command('take').description('keep the files as they are now, also while an agent works')
    .argument('<milestone>', 'project/milestone, or a project that has one').option('--by <name>', 'who takes it (default: the user that runs this)');
  define<TakeOptions>(frame, command, take);
}
