/**
 * One project: a child workflow per milestone, in the order of their dependencies, side by side where those allow it.
 * Its history grows with the number of milestones only, so it never continues as new (children would lose their parent).
 */
import { allHandlersFinished, CancellationScope, condition, isCancellation, log, setHandler, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import type { RecordState } from '../activities/contract.ts';
import { groups } from './activity-groups.ts';
import { handleControl } from './control-handlers.ts';
import { failureMessage, failureType, fatal } from './failures.ts';
import { projectStatusQuery, type ProjectInput } from './messages.ts';
import { handlePlans } from './project-plan.ts';
import { readyMilestones, startReady, tellAll, type Run } from './project-children.ts';
import { handleProjectExtend } from './project-extend.ts';
import { handleProjectSteer } from './project-steer.ts';
import { costOf, newProject, projectState, showProject, statusOfProject, type Project, type ProjectResult } from './project-state.ts';

type Changes = Pick<RecordState, 'milestone' | 'projectState' | 'milestoneState' | 'events'>;

async function record(project: Project, changes: Changes, by: 'quick' | 'closing' = 'quick'): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const summary = `${changes.milestone ?? project.input.project} ${changes.milestoneState ?? changes.projectState ?? ''}`;
  await groups[by].recordState.executeWithOptions({ summary }, [{ project: project.input.project, workflowId, runId, ...changes }]);
}

/** Told to every milestone that runs; one that starts later is told with its start. */
function setPaused(run: Run, paused: boolean): void {
  if (run.project.paused === paused) return;
  run.project.paused = paused;
  void tellAll(run, paused);
}

function registerHandlers(run: Run): void {
  setHandler(projectStatusQuery, () => statusOfProject(run.project), { description: 'Where the project stands' });
  handleControl({ setPaused: (paused) => setPaused(run, paused) });
  handlePlans(run);
  handleProjectSteer(run);
  handleProjectExtend(run);
}

async function load({ project }: Run): Promise<void> {
  const { project: id, planSha256 } = project.input;
  project.brief = await groups.quick.loadProject.executeWithOptions({ summary: `${id} plan` }, [{ project: id, planSha256 }]);
  project.milestones = new Map(project.brief.milestones.map((m) => [m.id, 'pending']));
}

const hasPending = ({ project }: Run): boolean => [...project.milestones.values()].includes('pending');

const canStart = (run: Run): boolean => !run.project.paused && readyMilestones(run).length > 0;

/** Starts what may start whenever something has changed, until all have ended or one has failed. */
async function runAll(run: Run): Promise<void> {
  const { project } = run;
  let recorded = '';
  while (!run.failure) {
    const state = projectState(project);
    showProject(project);
    if (state !== recorded) await record(project, { projectState: state });
    recorded = state;
    if (canStart(run)) {
      startReady(run);
      showProject(project);
    }
    const { ended } = run;
    const isIdle = ended === run.all.length;
    const { changing } = run;
    if (isIdle && !changing && (!hasPending(run) || !project.paused)) return;
    await condition(() => run.ended > ended || projectState(project) !== recorded || canStart(run) || (changing && !run.changing));
  }
}

/** Failing a workflow does not stop its children: cancel them, wait for them, then fail. */
async function endChildren(run: Run, scope: CancellationScope): Promise<void> {
  scope.cancel();
  await Promise.allSettled(run.all);
}

async function recordEnd(run: Run, message: string): Promise<void> {
  const { project } = run;
  const kind = project.final ?? 'failed';
  await record(project, { projectState: kind, ...(message && { events: [{ kind, message }] }) }, 'closing');
  for (const { id } of project.brief.milestones) {
    if (run.started.has(id)) continue;
    project.milestones.set(id, 'cancelled');
    await record(project, { milestone: id, milestoneState: 'cancelled' }, 'closing');
  }
}

async function close(run: Run, final: NonNullable<Project['final']>, message: string): Promise<void> {
  run.project.final = final;
  try {
    await recordEnd(run, message);
  } catch (error) {
    log.error('the end of the project could not be recorded', { error: failureMessage(error) });
  }
  showProject(run.project);
  await condition(allHandlersFinished);
}

async function fail(run: Run, scope: CancellationScope, error: unknown): Promise<never> {
  const isCancelled = isCancellation(error);
  const message = isCancelled ? 'cancelled' : failureMessage(error);
  await CancellationScope.nonCancellable(async () => {
    await endChildren(run, scope);
    await close(run, isCancelled ? 'cancelled' : 'failed', message);
  });
  if (isCancelled) throw error;
  throw fatal(failureType(error) ?? 'internal', message);
}

async function work(run: Run): Promise<void> {
  await load(run);
  await runAll(run);
  if (run.failure) throw run.failure;
  if (hasPending(run)) throw fatal('bad_input', 'milestones wait for each other: none can start');
}

/** Fails with type `milestone_failed` and the name of the first that failed; closes as Cancelled when it was cancelled. */
export async function projectWorkflow(input: ProjectInput): Promise<ProjectResult> {
  const run: Run = { project: newProject(input), running: new Map(), started: new Set(), all: [], ended: 0, changing: false, failure: null };
  registerHandlers(run);
  const scope = new CancellationScope();
  try {
    await scope.run(() => work(run));
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return fail(run, scope, error);
  }
  await CancellationScope.nonCancellable(() => close(run, 'completed', ''));
  return { project: input.project, state: 'completed', costUsd: costOf(run.project), milestones: run.project.results };
}
