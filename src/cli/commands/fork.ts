/** `holdpoint fork MILESTONE --from TURN | FORK --bring-back`: another way on from where a turn has ended, beside the work that is there. */
import type { Command } from 'commander';
import { countForks, dropFork, forkBase, insertFork, type ForkBase } from '../../db/forks.ts';
import { keptTranscript } from '../../db/transcripts.ts';
import type { ForkDocument } from '../../domain/documents/fork.ts';
import { exitCodeOf, HoldpointError } from '../../domain/failure-kind.ts';
import { forkBranch, forkId, forkPath, forkPlan } from '../../domain/fork.ts';
import { parseTarget, turnTarget, type Target } from '../../domain/ids.ts';
import type { Plan } from '../../domain/plan.ts';
import { planSha256 } from '../../domain/plan-hash.ts';
import type { Effects } from '../../domain/restore.ts';
import { startMilestone } from '../../temporal/start.ts';
import { effects as effectsSince } from '../../temporal/restores.ts';
import type { AgreeOptions } from '../agreed.ts';
import { define, type Call, type Frame } from '../command.ts';
import { effectsAgreed, effectsText } from '../effects.ts';
import { existingTarget } from '../targets.ts';
import { bringBackFork } from './bring-back.ts';

interface Options extends AgreeOptions {
  from?: string;
  note?: string;
  bringBack?: boolean;
}

type ForkCall = Call<Options & { from: string }>;

const MAX_NOTE = 2_000;

/** `task.turn` of the milestone, or the whole target of such a turn. */
async function pointOf({ session, args: [name = ''], options: { from } }: ForkCall): Promise<Required<Target>> {
  const of = await existingTarget(session.db, name);
  if (of.milestone === undefined || of.task !== undefined) throw new HoldpointError('bad_input', `${name} is no milestone`, { hint: 'write project/milestone' });
  const { project, milestone, task, turn } = parseTarget(from.includes('/') ? from : `${name}/${from}`) ?? {};
  if (project !== of.project || milestone !== of.milestone || task === undefined || turn === undefined) {
    throw new HoldpointError('bad_input', `${JSON.stringify(from)} is no turn of ${name}`, { hint: `write --from task.turn, for example --from ascii.1; see \`holdpoint status ${of.project}\`` });
  }
  return { project, milestone, task, turn };
}

const notAsked = (note: string | undefined): string | null => {
  if (note !== undefined && note.length > MAX_NOTE) throw new HoldpointError('bad_input', `the note may have ${MAX_NOTE} characters, it has ${note.length}`);
  return note?.trim() || null;
};

/** Stored under the next free number. */
async function register(call: ForkCall, { plan, point }: ForkBase, note: string | null): Promise<Plan & { sha256: string }> {
  const { session: { db }, args, options } = call;
  const { project } = plan;
  const origin = plan.milestones.find(({ id }) => id === point.milestone);
  if (!origin) throw new HoldpointError('unknown_target', `the plan of ${project} has no milestone ${point.milestone} any more`);
  for (let n = (await countForks(db, { project, milestone: point.milestone })) + 1; ; n += 1) {
    const id = forkId(point.milestone, n);
    const made = forkPlan(plan, origin, id, { ...point, note, path: forkPath(plan, id), branch: forkBranch(project, id) });
    const sha256 = planSha256(made);
    if (await insertFork(db, { plan: made, sha256, source: `# holdpoint fork ${args.join(' ')} --from ${options.from}\n` })) return { ...made, sha256 };
  }
}

/** What was done since and stays done is shown first: the agent may do it once more. */
async function begin(call: ForkCall): Promise<number | void> {
  const { session, options } = call;
  const [target, note] = [await pointOf(call), notAsked(options.note)];
  const base = await forkBase(session.db, target);
  const temporal = await session.temporal();
  const { plan, checkpoint, point: { milestone } } = base;
  const since = await effectsSince(temporal, { project: plan.project, planSha256: base.sha256, milestone, checkpoint }, session.config.taskQueue);
  if (await effectsAgreed(call, since, 'Fork')) return start(call, target, await register(call, base, note), since);
  await call.say('no fork was made');
  return exitCodeOf('policy');
}

async function start(call: ForkCall, target: Required<Target>, plan: Plan & { sha256: string }, since: Effects): Promise<void> {
  const { session } = call;
  const temporal = await session.temporal();
  const { project, workspace: { host }, milestones: [milestone], sha256 } = plan;
  if (!milestone?.fork) throw new RangeError('a fork without its milestone');
  const { id, fork: { path, branch, tree, sessionId, turnId } } = milestone;
  const kept = await keptTranscript(session.db, sessionId, turnId);
  const { workflowId } = await startMilestone(temporal, { project, planSha256: sha256, milestone: id }, session.config.taskQueue).catch(async (error: unknown) => {
    await dropFork(session.db, { project, id });
    throw error;
  });
  const document: ForkDocument = { target: `${project}/${id}`, from: turnTarget(target), workflowId, host, path, branch, tree, ...since, session: kept !== undefined };
  await call.print(document, () => [
    `${document.target} goes on from ${document.from} in ${path} on ${host}, branch ${branch}`,
    ...effectsText(since),
    ...(kept ? [] : ["the agent's conversation of that point is not kept: it begins a new one"]),
    `next: holdpoint status ${project}, then holdpoint compare ${project}/${target.milestone} ${document.target}`,
  ].join('\n'));
}

async function fork(call: Call<Options>): Promise<number | void> {
  const { options } = call;
  const { from, bringBack } = options;
  if ((from === undefined) !== (bringBack === true)) throw new HoldpointError('bad_input', 'say where the fork begins (--from), or that it is to be brought back (--bring-back)', { hint: 'see `holdpoint fork --help`' });
  if (options.dryRun && from !== undefined) throw new HoldpointError('bad_input', '--dry-run goes with --bring-back: a fork begins at once, in a worktree of its own');
  return from === undefined ? bringBackFork(call) : begin({ ...call, options: { ...options, from } });
}

export function addFork(program: Command, frame: Frame): void {
  const command = program.command('fork').description('go on once more from where a turn has ended, in a worktree of its own')
    .argument('<milestone>', 'project/milestone; with --bring-back project/fork').option('--from <turn>', 'the turn at whose end it begins: task.turn')
    .option('--note <text>', 'what the agent is told with it').option('--bring-back', 'restore what the fork has come to into the workspace')
    .option('--yes', 'go on although things were done since that no restore undoes').option('--dry-run', 'with --bring-back: only show what would change');
  define<Options>(frame, command, fork);
}
