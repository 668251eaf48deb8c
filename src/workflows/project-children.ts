/** The milestones of a project as child workflows: started, told to pause, awaited. */
import { isCancellation, log, startChild, TemporalFailure, type ChildWorkflowHandle } from '@temporalio/workflow';
import { milestoneWorkflowId } from '../domain/ids.ts';
import { blockedBy } from '../domain/task-graph.ts';
import { failureMessage, fatal } from './failures.ts';
import { pauseSignal, resumeSignal } from './messages.ts';
import type { milestoneWorkflow } from './milestone.ts';
import type { Project } from './project-state.ts';

type Child = ChildWorkflowHandle<typeof milestoneWorkflow>;

/** The children of one run of the project. */
export interface Run {
  project: Project;
  running: Map<string, Child>;
  /** Milestones whose workflow exists: they record their own states. */
  started: Set<string>;
  /** One per milestone begun; never rejects for a milestone that failed. */
  all: Promise<void>[];
  ended: number;
  /** Another plan is being applied. */
  changing: boolean;
  /** The first milestone that did not complete. */
  failure: Error | null;
}

/** A child may have ended a moment ago: then there is nobody to tell. */
async function tell(child: Child, paused: boolean): Promise<void> {
  try {
    await child.signal(paused ? pauseSignal : resumeSignal, { by: 'the project' });
  } catch (error) {
    log.info('a milestone could not be told', { workflowId: child.workflowId, paused, error: failureMessage(error) });
  }
}

export async function tellAll(run: Run, paused: boolean): Promise<void> {
  await Promise.all([...run.running.values()].map((child) => tell(child, paused)));
}

function startMilestone({ project }: Run, id: string, title: string): Promise<Child> {
  const { input, paused } = project;
  return startChild<typeof milestoneWorkflow>('milestoneWorkflow', {
    workflowId: milestoneWorkflowId(input.project, id),
    args: [{ project: input.project, planSha256: input.planSha256, milestone: id, paused }],
    // A cancelled or closed project stops its agents in order, never abruptly.
    parentClosePolicy: 'REQUEST_CANCEL',
    staticSummary: `${id} ${title}`.slice(0, 100),
    staticDetails: `Milestone **${id}** of project **${input.project}**: ${title}`,
  });
}

async function follow(run: Run, id: string, title: string): Promise<void> {
  const { project } = run;
  const pausedAtStart = project.paused;
  const child = await startMilestone(run, id, title);
  run.started.add(id);
  run.running.set(id, child);
  if (project.paused !== pausedAtStart) await tell(child, project.paused);
  project.results.push(await child.result());
  project.milestones.set(id, 'completed');
}

/** One milestone from start to end. Its failure is kept, not thrown: the others are cancelled and awaited first. */
async function runMilestone(run: Run, id: string, title: string): Promise<void> {
  try {
    await follow(run, id, title);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const isCancelled = isCancellation(error);
    run.project.milestones.set(id, isCancelled ? 'cancelled' : 'failed');
    run.failure ??= fatal('milestone_failed', `milestone ${id} ${isCancelled ? 'was cancelled' : `failed: ${failureMessage(error)}`}`);
  } finally {
    run.running.delete(id);
    run.ended += 1;
  }
}

/** Milestones that wait for nobody, in plan order. */
export function readyMilestones({ project }: Run): { id: string; title: string }[] {
  const { milestones } = project;
  const states = Object.fromEntries([...milestones].map(([id, state]) => [id, state === 'completed' ? 'completed' : 'pending'] as const));
  return project.brief.milestones.filter((m) => milestones.get(m.id) === 'pending' && blockedBy(m, states).length === 0);
}

export function startReady(run: Run): void {
  for (const { id, title } of readyMilestones(run)) {
    run.project.milestones.set(id, 'running');
    run.all.push(runMilestone(run, id, title));
  }
}
