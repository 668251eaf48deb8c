/** `holdpoint start PLAN`: stores the plan and starts its project, or finds it running. Twice is one project. */
import type { Command } from 'commander';
import { leaseHolder } from '../../db/leases.ts';
import { isRunOver, savePlan } from '../../db/plans.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { projectWorkflowId } from '../../domain/ids.ts';
import type { Plan } from '../../domain/plan.ts';
import { describe } from '../../temporal/client.ts';
import { startProject } from '../../temporal/start.ts';
import { define, type Call, type Frame } from '../command.ts';
import { loadPlanFile, type LoadedPlan } from '../plan-file.ts';
import { refuseDataDirInWorkspace } from '../workspace-guard.ts';

interface Options {
  registerOnly?: boolean;
}

/** The line that starts the stored plan with Temporal's own CLI. */
function temporalLine({ plan, sha256 }: LoadedPlan, taskQueue: string): string {
  const input = JSON.stringify({ project: plan.project, planSha256: sha256 });
  return `temporal workflow start --type projectWorkflow --task-queue ${taskQueue} --workflow-id ${projectWorkflowId(plan.project)} --input '${input}'`;
}

/** A workspace has one writer: another project's milestone would only make this one wait. */
async function refuseLeased({ session }: Call<Options>, { workspace, project }: Plan): Promise<void> {
  const lease = await leaseHolder(session.db, { host: workspace.host, workspace: workspace.path });
  if (!lease || lease.project === project) return;
  // A milestone that was terminated gave its lease not back; who comes next takes it.
  if (!(await describe(await session.temporal(), lease))?.isOpen) return;
  throw new HoldpointError('workspace_leased', `${workspace.path} on ${workspace.host} is in use by milestone ${lease.project}/${lease.milestone} since ${lease.since}`, {
    hint: `wait until it ends, or \`holdpoint cancel ${lease.project}\``, details: { lease },
  });
}

async function register(call: Call<Options>, loaded: LoadedPlan): Promise<void> {
  await savePlan(call.session.db, { project: loaded.plan.project, ...loaded });
  const { project } = loaded.plan;
  const line = temporalLine(loaded, call.session.config.taskQueue);
  await call.print({ project, planSha256: loaded.sha256, startWith: line }, () => `stored plan ${loaded.sha256} of ${project}; start it with\n${line}`);
}

async function start(call: Call<Options>): Promise<void> {
  const { session, args: [file = ''], options, say, print } = call;
  const loaded = loadPlanFile(session, file);
  for (const { message, line } of loaded.warnings) await say(`warning: ${file}:${line}: ${message}`);
  refuseDataDirInWorkspace(session.dataDir, loaded.plan);
  if (options.registerOnly) return register(call, loaded);
  const { project } = loaded.plan;
  const temporal = await session.temporal();
  await refuseLeased(call, loaded.plan);
  await savePlan(session.db, { project, ...loaded });
  const isOver = (run: string): Promise<boolean> => isRunOver(session.db, { project, runId: run });
  const { workflowId, runId, started, planSha256, previous } = await startProject(temporal, { project, planSha256: loaded.sha256 }, session.config.taskQueue, isOver);
  await print({ project, workflowId, runId, started, previous: previous?.toLowerCase() ?? null }, () => [
    started ? `started ${project} (${workflowId})${previous ? `; a new run, the one before ended as ${previous.toLowerCase()}` : ''}` : `${project} is running already`,
    ...(planSha256 !== null && planSha256 !== loaded.sha256 ? ['it follows another plan than this file: `holdpoint plan apply` changes that, otherwise the file holds for the next run'] : []),
    `next: holdpoint status ${project} --watch`,
  ].join('\n'));
}

export function addStart(program: Command, frame: Frame): void {
  const command = program.command('start').description('start a project, or go on with the one that runs').argument('<plan>')
    .option('--register-only', 'store the plan and print the line that starts it with the temporal CLI');
  define<Options>(frame, command, start);
}
