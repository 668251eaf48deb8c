/**
 * Dependencies between tasks (and between milestones): cycles, who waits for whom, what counts. Which task runs next is in schedule.ts.
 * Pure functions, each about linear in tasks plus dependencies. Package-free: workflow code imports this file.
 */
import type { TaskState } from './states.ts';
import { isSettled } from './task-states.ts';

export interface GraphNode {
  id: string;
  dependsOn: readonly string[];
}

export interface GraphTask extends GraphNode {
  /** 1 (least) to 10. */
  priority: number;
  /** RFC 3339. */
  deadline: string | null;
}

/** State by task id; a task that is not listed is pending. */
export type TaskStates = Readonly<Record<string, TaskState>>;

const HOUR_MS = 3_600_000;

// hasOwn: `constructor` is a valid task id.
export const stateOf = (states: TaskStates, id: string): TaskState => (Object.hasOwn(states, id) ? states[id] : undefined) ?? 'pending';

/**
 * One cycle as a closed walk (`['a', 'b', 'a']`: a depends on b, b on a), or undefined. Dependencies that name no node are
 * ignored. Iterative: a chain may be longer than the stack is deep.
 */
export function findCycle(nodes: readonly GraphNode[]): string[] | undefined {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const finished = new Set<string>();
  for (const node of nodes) {
    const cycle = finished.has(node.id) ? undefined : cycleFrom(node, byId, finished);
    if (cycle) return cycle;
  }
  return undefined;
}

function cycleFrom(start: GraphNode, byId: ReadonlyMap<string, GraphNode>, finished: Set<string>): string[] | undefined {
  const path = [{ id: start.id, rest: start.dependsOn.values() }];
  const onPath = new Set([start.id]);
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const { value: next, done } = top.rest.next();
    if (done) {
      finished.add(top.id);
      onPath.delete(top.id);
      path.pop();
    } else if (onPath.has(next)) {
      const ids = path.map((step) => step.id);
      return [...ids.slice(ids.indexOf(next)), next];
    } else {
      const node = finished.has(next) ? undefined : byId.get(next);
      if (!node) continue;
      onPath.add(next);
      path.push({ id: next, rest: node.dependsOn.values() });
    }
  }
  return undefined;
}

/** Dependencies of the task that are neither completed nor skipped, in the order the task names them. */
export function blockedBy(task: GraphNode, states: TaskStates): string[] {
  return task.dependsOn.filter((id) => !isSettled(stateOf(states, id)));
}

/** When the task's last hour before its deadline begins, milliseconds since the epoch; Infinity for none. */
export const urgentFrom = ({ deadline }: GraphTask): number => (deadline === null ? Infinity : Date.parse(deadline) - HOUR_MS);

/** Own priority; +2 when the deadline is less than an hour away or past, +1 when others wait for it, −1 when it failed before. */
export const effectivePriority = (priority: number, isUrgent: boolean, blocksOthers: boolean, state: TaskState): number =>
  priority + (isUrgent ? 2 : 0) + (blocksOthers ? 1 : 0) - (state === 'retrying' ? 1 : 0);
