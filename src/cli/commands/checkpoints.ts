/** `holdpoint checkpoints TARGET`: the states of the files that were kept, with the ids that `restore` takes. */
import type { Command } from 'commander';
import { checkpointRows, type CheckpointRow } from '../../db/checkpoints.ts';
import { whenTaken } from '../../domain/checkpoint.ts';
import { define, type Call, type Frame } from '../command.ts';
import { table } from '../table.ts';
import { existingTarget } from '../targets.ts';
import { addCheckpointsTake } from './checkpoints-take.ts';
import { addCheckpointsVerify } from './checkpoints-verify.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const rowOf = (row: CheckpointRow): (string | number)[] =>
  [row.id, row.milestone, whenTaken(row), row.at, row.files, megabytes(row.bytes), row.notCovered.length === 0 ? '' : `${row.notCovered.length} not covered`];

async function listCheckpoints({ session, args: [name = ''], print }: Call): Promise<void> {
  const checkpoints = await checkpointRows(session.db, await existingTarget(session.db, name));
  await print({ checkpoints }, () => (checkpoints.length === 0 ? 'none yet' : table(['id', 'milestone', 'taken', 'at', 'files', 'size', ''], checkpoints.map(rowOf))));
}

export function addCheckpoints(program: Command, frame: Frame): void {
  const command = program.command('checkpoints').description('states of the files that were kept, with the ids that `restore` takes').argument('<target>');
  define(frame, command, listCheckpoints);
  addCheckpointsTake(command, frame);
  addCheckpointsVerify(command, frame);
}
