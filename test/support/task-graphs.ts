/** Graphs of tasks for tests, and the order they run in said as plainly as it can be: what the schedule must agree with. */
import type { TaskState } from '../../src/domain/states.ts';
import { blockedBy, effectivePriority, stateOf as stateIn, urgentFrom, type GraphTask, type TaskStates } from '../../src/domain/task-graph.ts';

export const NOW = Date.parse('2026-06-01T12:00:00Z');

export const graphTask = (id: string, more: Partial<GraphTask> = {}): GraphTask => ({ id, dependsOn: [], priority: 5, deadline: null, ...more });

/** Up to three dependencies each, among those before; a fifth has a deadline around now. In random plan order. */
export function randomTasks(next: () => number, count: number): GraphTask[] {
  const tasks = Array.from({ length: count }, (_, n) => graphTask(`t${n}`, {
    dependsOn: [...new Set(Array.from({ length: Math.floor(next() * 4) }, () => `t${Math.floor(next() * n)}`))].filter(() => n > 0),
    priority: 1 + Math.floor(next() * 10),
    deadline: next() < 0.2 ? new Date(NOW + (next() - 0.5) * 8_000_000).toISOString() : null,
  }));
  return tasks.sort(() => next() - 0.5);
}

const STARTABLE: readonly TaskState[] = ['pending', 'ready', 'retrying'];
const ENDED: readonly TaskState[] = ['completed', 'skipped', 'failed', 'cancelled'];

/** Highest priority first, plan order among equals. `notBefore`: milliseconds by id. */
export function simpleNext(tasks: readonly GraphTask[], states: TaskStates, nowMs: number, notBefore: ReadonlyMap<string, number> = new Map()): GraphTask | undefined {
  const stateOf = (id: string): TaskState => stateIn(states, id);
  const isWanted = (id: string): boolean => tasks.some((other) => other.dependsOn.includes(id) && !ENDED.includes(stateOf(other.id)));
  const priority = (task: GraphTask): number => effectivePriority(task.priority, urgentFrom(task) < nowMs, isWanted(task.id), stateOf(task.id));
  return tasks
    .filter((task) => STARTABLE.includes(stateOf(task.id)) && blockedBy(task, states).length === 0 && (notBefore.get(task.id) ?? 0) <= nowMs)
    .reduce<GraphTask | undefined>((best, task) => (best && priority(best) >= priority(task) ? best : task), undefined);
}
