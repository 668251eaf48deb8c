/** Tells the read side what has changed since it was told last: one activity per point of transition, none when nothing changed. */
import { patched, workflowInfo } from '@temporalio/workflow';
import type { RecordState } from '../activities/contract.ts';
import type { TaskState } from '../domain/states.ts';
import { groups } from './activity-groups.ts';
import { tellProject } from './project-money.ts';
import { workState, type Milestone, type MilestoneState } from './milestone-state.ts';

const MAX_MESSAGE = 500;

/** Joins the next record. */
export function noteEvent(state: MilestoneState, kind: string, message: string): void {
  state.unrecorded.events.push({ kind, message: message.slice(0, MAX_MESSAGE) });
}

function changedTasks(state: MilestoneState): { id: string; state: TaskState }[] {
  return state.tasks.filter((task) => state.recorded.tasks[task.id] !== task.state).map((task) => ({ id: task.id, state: task.state }));
}

function changesOf(state: MilestoneState): Omit<RecordState, 'project' | 'workflowId' | 'runId'> {
  const tasks = changedTasks(state);
  const is = workState(state);
  const { opened, answered, events, urged = [], raised = [] } = state.unrecorded;
  return {
    ...(is !== state.recorded.state && { milestoneState: is }),
    ...(tasks.length > 0 && { tasks }),
    ...(opened.length > 0 && { opened }),
    ...(answered.length > 0 && { answered }),
    ...(urged.length > 0 && { urged }),
    ...(events.length > 0 && { events }),
    ...(raised.length > 0 && { raised }),
  };
}

/** What is told counts as told before the call is made: the call repeats until it succeeds. */
function markRecorded(state: MilestoneState): void {
  state.recorded = { state: workState(state), tasks: Object.fromEntries(state.tasks.map((t) => [t.id, t.state])) };
  state.unrecorded = { opened: [], answered: [], events: [] };
}

/** Records what is new. `by: 'closing'` gives up after a while instead of holding the end of the workflow. */
export async function record(m: Milestone, summary: string, by: 'quick' | 'closing' = 'quick'): Promise<void> {
  // Another line of work tells at this moment, what is ours with its own: told twice at once, the older could come last.
  while (m.shared.recording && patched('records-in-turn')) await m.shared.recording;
  const changes = changesOf(m.state);
  if (Object.keys(changes).length === 0) return;
  markRecorded(m.state);
  const { workflowId, runId } = workflowInfo();
  const { project, milestone } = m.input;
  const told = groups[by].recordState.executeWithOptions({ summary }, [{ project, milestone, workflowId, runId, ...changes }]);
  const over = (): void => void delete m.shared.recording;
  m.shared.recording = told.then(over, over);
  await told;
  await tellProject(project, changes.raised ?? []);
}
