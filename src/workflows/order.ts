/** What a milestone's tasks are chosen by: made when it is first needed, and not carried over. */
import type { TaskBrief } from '../activities/contract.ts';
import type { Schedule } from '../domain/schedule.ts';
import type { TaskProgress } from './milestone-state.ts';

/** The order of the tasks, made from brief and state and told of every change. */
export interface Order {
  schedule: Schedule<TaskBrief>;
  tasks: Map<string, TaskProgress>;
}
