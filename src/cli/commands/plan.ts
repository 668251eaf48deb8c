/** `holdpoint plan apply PLAN`: shows what differs from the plan that the running project follows, then has it go on by this one. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadPlan, savePlan } from '../../db/plans.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { planDifference, type PlanChange } from '../../domain/plan-difference.ts';
import { applyPlan, describe } from '../../temporal/client.ts';
import { isAgreed, type AgreeOptions } from '../agreed.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Colors } from '../io.ts';
import { loadPlanFile, type LoadedPlan } from '../plan-file.ts';
import { table } from '../table.ts';

interface Options extends AgreeOptions {
  by?: string;
}

type PlanCall = Call<Options>;

/** Digest of the plan that the running project follows. */
async function followed({ session }: PlanCall, project: string): Promise<string> {
  const running = await describe(await session.temporal(), { project });
  const hint = 'begin it with `holdpoint start PLAN`';
  if (!running) throw new HoldpointError('unknown_project', `no project ${project} has been started`, { hint });
  if (!running.isOpen) throw new HoldpointError('not_open', `${project} does not run: it has ended (${running.status.toLowerCase()})`, { hint });
  if (running.planSha256 === null) throw new HoldpointError('policy', `${project} was started without our CLI: which plan it follows is not known`);
  return running.planSha256;
}

const MARKS: Record<PlanChange['kind'], string> = { added: '+', edited: '~', removed: '-', reordered: '↕' };

const detailOf = ({ kind, fields, before, after, what }: PlanChange): string => {
  if (before !== undefined && after !== undefined) return `${before} → ${after}`;
  if (kind === 'removed' && what === 'task') return 'skipped';
  return kind === 'reordered' ? 'another order' : fields.join(', ');
};

function changesText(changes: PlanChange[], colors: Colors): string {
  const paint = { added: colors.green, edited: colors.yellow, removed: colors.red, reordered: colors.yellow };
  return table(['', 'what', 'which', 'change'], changes.map((one) => [paint[one.kind](MARKS[one.kind]), one.what, one.target, detailOf(one)]));
}

function outcomeText(project: string, applied: boolean, { dryRun }: Options): string {
  if (applied) return `${project} goes on by this plan; what runs now goes on to its end first`;
  return dryRun ? 'nothing was changed: this would be' : 'nothing was changed';
}

async function store({ session }: PlanCall, loaded: LoadedPlan): Promise<void> {
  await savePlan(session.db, { project: loaded.plan.project, ...loaded });
}

const unasked = (): HoldpointError =>
  new HoldpointError('bad_input', 'nobody can be asked here whether the plan is to be changed so', { hint: 'add --yes, or --dry-run to see the difference only' });

async function apply(call: PlanCall): Promise<void> {
  const { session, io, args: [file = ''], options, say, print } = call;
  const loaded = loadPlanFile(session, file);
  for (const { message, line } of loaded.warnings) await say(`warning: ${file}:${line}: ${message}`);
  const { plan: { project }, sha256: to } = loaded;
  const from = await followed(call, project);
  const changes = planDifference(await loadPlan(session.db, { project, sha256: from }), loaded.plan);
  if (changes.length === 0) return void (await print({ project, from, to: from, applied: false, changes }, () => `${project} follows this plan already`));
  const text = changesText(changes, colorsFor(io));
  const temporal = await session.temporal();
  const by = options.by ?? userInfo().username;
  await store(call, loaded);
  await applyPlan(temporal, { project }, { planSha256: to, by, check: true });
  const applied = await isAgreed(call, { text, question: 'Go on by this plan?', unasked });
  if (applied) await applyPlan(temporal, { project }, { planSha256: to, by });
  await print({ project, from, to, applied, changes }, () => `${text}\n${outcomeText(project, applied, options)}`);
}

export function addPlan(program: Command, frame: Frame): void {
  const plan = program.command('plan').description('change the plan of a running project');
  const command = plan.command('apply').description('show what differs from the plan that is followed, then go on by this one').argument('<plan>')
    .option('--yes', 'do not ask').option('--dry-run', 'show what differs and whether it could be, change nothing')
    .option('--by <name>', 'who changes it (default: the user that runs this)');
  define<Options>(frame, command, apply);
}
