/** How an activity is asked about a turn. */
import type { ActivityOptions } from '@temporalio/common';
import type { TurnCall } from '../activities/contract.ts';
import { laneName } from './lane.ts';
import type { Milestone, TaskProgress } from './milestone-state.ts';

export function callOf(m: Milestone, task: TaskProgress): TurnCall {
  const { project, milestone, planSha256 } = m.input;
  return { project, milestone, planSha256, epoch: m.state.epoch ?? 0, task: task.id, turn: task.turn, ...laneName(m) };
}

/** Task id first: the timeline cuts its labels. */
export const summary = (task: TaskProgress, what: string): ActivityOptions => ({ summary: `${task.id} #${task.turn} ${what}` });
