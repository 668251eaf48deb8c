/** `holdpoint restore CHECKPOINT`: files back to what they were, after a look at what that means. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { checkpointById, type KeptCheckpoint } from '../../db/checkpoints.ts';
import { planOfMilestone } from '../../db/plans.ts';
import type { RestoreDocument } from '../../domain/documents/restore.ts';
import { exitCodeOf, HoldpointError } from '../../domain/failure-kind.ts';
import type { RestoreReport } from '../../domain/restore.ts';
import { restore } from '../../temporal/restores.ts';
import type { RestoreInput } from '../../workflows/restore.ts';
import { define, type Call, type Frame } from '../command.ts';
import { effectsAgreed, effectsText } from '../effects.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';

interface Options {
  path?: string[];
  dryRun?: boolean;
  yes?: boolean;
  by?: string;
}

type Restoring = Call<Options>;

async function knownCheckpoint({ session, args: [id = ''] }: Restoring): Promise<KeptCheckpoint> {
  const found = await checkpointById(session.db, id);
  if (found) return found;
  throw new HoldpointError('unknown_target', `there is no checkpoint ${JSON.stringify(id)}`, { hint: 'see `holdpoint checkpoints PROJECT`' });
}

/** `milestone`: in whose place. */
type Wanted = Pick<KeptCheckpoint, 'id' | 'project' | 'milestone'>;

async function requestOf({ session, options }: Restoring, { id: checkpoint, project, milestone }: Wanted): Promise<RestoreInput> {
  const planSha256 = await planOfMilestone(session.db, { project, milestone });
  const { path: paths = null, by = userInfo().username } = options;
  return { project, milestone, planSha256, id: randomUUID(), checkpoint, paths, dryRun: true, seen: 0, by };
}

const changesText = ({ changes, files, notRestored, moreNotRestored }: RestoreReport): string[] => [
  ...(files === 0 ? ['nothing differs from the checkpoint'] : [table(['change', 'path'], changes.map(({ op, path, from }) => [op, from === undefined ? path : `${from} → ${path}`]))]),
  ...(files > changes.length ? [`… and ${files - changes.length} more`] : []),
  ...(notRestored.length === 0 ? [] : ['', table(['stays as it is', 'why'], notRestored.map(({ path, reason }) => [path, reason]))]),
  ...(moreNotRestored > 0 ? [`… and ${moreNotRestored} more`] : []),
];

function documentOf({ project, milestone }: RestoreInput, report: RestoreReport, dryRun: boolean, restored: boolean): RestoreDocument {
  const { checkpoint, taken, files, changes, effects, moreEffects, undo, exact, notRestored, moreNotRestored } = report;
  return { project, milestone, checkpoint, taken, dryRun, restored, files, changes, effects, moreEffects, undo, exact, notRestored, moreNotRestored };
}

const resultText = ({ exact, undo, checkpoint, taken, files }: RestoreReport): string[] => [
  exact ? `the files are as in checkpoint ${checkpoint}, ${taken}: ${files} changed` : `NOT exact: the files are not all as in checkpoint ${checkpoint}, ${taken}`,
  ...(undo === null ? [] : [`undo: holdpoint restore ${undo}`]),
];

async function show(call: Restoring, input: RestoreInput, seen: RestoreReport): Promise<void> {
  await call.print(documentOf(input, seen, call.options.dryRun === true, false), () => [...changesText(seen), ...effectsText(seen)].join('\n'));
}

/** Shows what it would do, asks where something cannot be undone, does it. 1 when not all could be made so. */
export async function restoreCheckpoint(call: Restoring, wanted: Wanted): Promise<number> {
  const { session, options, json, say, print } = call;
  const input = await requestOf(call, wanted);
  const [temporal, { taskQueue }] = [await session.temporal(), session.config];
  const seen = await restore(temporal, input, taskQueue);
  if (options.dryRun) return show(call, input, seen).then(() => EXIT.done);
  if (!json) await say(changesText(seen).join('\n'));
  if (!(await effectsAgreed(call, seen, 'Restore the files'))) return show(call, input, seen).then(() => exitCodeOf('policy'));
  const report = await restore(temporal, { ...input, dryRun: false, seen: seen.effects.length + seen.moreEffects }, taskQueue);
  await print(documentOf(input, report, false, true), () => [...(report.exact ? [] : changesText(report)), ...resultText(report)].join('\n'));
  return report.exact ? EXIT.done : EXIT.failed;
}

const together = (path: string, before: string[] = []): string[] => [...before, path];

export function addRestore(program: Command, frame: Frame): void {
  const command = program.command('restore').description('put files back to a checkpoint; what was there becomes one itself').argument('<checkpoint>', 'id, as `holdpoint checkpoints` lists it')
    .option('--path <path>', 'only this file or folder, relative to the workspace; may be repeated', together)
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--yes', 'go on although things were done that no restore undoes')
    .option('--by <name>', 'who restores (default: the user that runs this)');
  define<Options>(frame, command, async (call) => restoreCheckpoint(call, await knownCheckpoint(call)));
}
