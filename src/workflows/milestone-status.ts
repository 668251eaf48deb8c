/** Where a milestone stands, as its query tells. */
import { milestoneWorkflowId } from '../domain/ids.ts';
import { restingOf } from './lane.ts';
import type { MilestoneStatus } from './messages.ts';
import { workState, type MilestoneInput, type MilestoneState } from './milestone-state.ts';

export function statusOf(input: MilestoneInput, state: MilestoneState): MilestoneStatus {
  const open = state.final ? [] : state.inbox.open;
  const resting = restingOf(state);
  const since = open[0]?.openedAt ?? (resting && resting.why !== 'paused' ? resting.since : null);
  return {
    id: input.milestone,
    workflowId: milestoneWorkflowId(input.project, input.milestone),
    state: workState(state),
    waitingFor: open.map((b) => b.id),
    waitingSince: since,
    ...(state.granted && { granted: state.granted }),
    tasks: state.tasks.map(({ id, state: is, turn, quality, confidence }) => ({ id, state: is, turn, quality, confidence })),
  };
}
