/**
 * Which task runs next, kept up to date from change to change: each costs the task's own dependencies and a logarithm, so a
 * whole plan costs about its size. The clock is handed in and never goes back. Package-free: workflow code imports this file.
 */
import { createHeap, type Heap } from './heap.ts';
import type { TaskState } from './states.ts';
import { effectivePriority, stateOf, urgentFrom, type GraphTask, type TaskStates } from './task-graph.ts';
import { isEnded, isSettled, isStartable } from './task-states.ts';

interface Node<T> {
  task: T;
  /** Place in the plan. */
  place: number;
  state: TaskState;
  /** Not to be begun before, milliseconds since the epoch. */
  notBefore: number;
  urgentFrom: number;
  /** Dependencies that are not settled, or not in the plan. */
  open: number;
  dependencies: Node<T>[];
  dependents: Node<T>[];
  /** Dependents that have not ended. */
  wantedBy: number;
  /** Entries of an older one are void. */
  stamp: number;
}

interface Entry<T> {
  node: Node<T>;
  stamp: number;
  /** The smaller, the earlier. */
  key: number;
}

interface Queues<T> {
  /** May run now; highest priority first, plan order among equals. */
  ready: Heap<Entry<T>>;
  /** May run later: a further attempt that waits. */
  later: Heap<Entry<T>>;
  /** In `ready`, and more urgent from then on. */
  urgent: Heap<Entry<T>>;
}

export interface Schedule<T> {
  /** The task is in that state from now on; `notBefore`: when it may be begun, milliseconds since the epoch. */
  set(id: string, state: TaskState, notBefore?: number): void;
  /** The one that runs next; undefined when none may run now. Changes nothing: `set` says that it was begun. */
  next(nowMs: number): T | undefined;
  /** When the first of those that wait for their time may run; undefined when none does. */
  wakeAt(): number | undefined;
  /** Ids of tasks that have come to wait for nobody since this was asked last; one may be named twice. */
  freed(): string[];
  /** Dependencies that still hold the task up. */
  blockedBy(id: string): string[];
}

const isCurrent = <T>({ node, stamp }: Entry<T>): boolean => node.stamp === stamp;

/** The first entry that is not void. */
function top<T>(heap: Heap<Entry<T>>): Entry<T> | undefined {
  let entry = heap.peek();
  for (; entry && !isCurrent(entry); entry = heap.peek()) heap.pop();
  return entry;
}

const earlier = <T>(a: Entry<T>, b: Entry<T>): boolean => a.key < b.key;

/** Every task with who waits for it. Names of no task hold up for ever. */
function linked<T extends GraphTask>(tasks: readonly T[], states: TaskStates): Map<string, Node<T>> {
  const nodes = new Map(tasks.map((task, place): [string, Node<T>] =>
    [task.id, { task, place, state: stateOf(states, task.id), notBefore: 0, urgentFrom: urgentFrom(task), open: 0, dependencies: [], dependents: [], wantedBy: 0, stamp: 0 }]));
  for (const node of nodes.values()) {
    for (const id of node.task.dependsOn) link(node, nodes.get(id));
  }
  return nodes;
}

function link<T>(node: Node<T>, dependency: Node<T> | undefined): void {
  if (!dependency || !isSettled(dependency.state)) node.open += 1;
  if (!dependency) return;
  node.dependencies.push(dependency);
  dependency.dependents.push(node);
  if (!isEnded(node.state)) dependency.wantedBy += 1;
}

// Among equal priorities the place in the plan decides; no plan has as many tasks.
const PLACES = 2 ** 31;

function enqueue<T extends GraphTask>({ ready, urgent }: Queues<T>, node: Node<T>, nowMs: number): void {
  const { task, state, stamp } = node;
  const priority = effectivePriority(task.priority, node.urgentFrom < nowMs, node.wantedBy > 0, state);
  ready.push({ node, stamp, key: node.place - priority * PLACES });
  if (node.urgentFrom >= nowMs && node.urgentFrom < Infinity) urgent.push({ node, stamp, key: node.urgentFrom });
}

/** Puts the task where it belongs now; what was said of it before is void. True: it waits for nobody. */
function settle<T extends GraphTask>(queues: Queues<T>, node: Node<T>, nowMs: number): boolean {
  node.stamp += 1;
  if (!isStartable(node.state) || node.open > 0) return false;
  if (node.notBefore > nowMs) queues.later.push({ node, stamp: node.stamp, key: node.notBefore });
  else enqueue(queues, node, nowMs);
  return true;
}

/** Moves on what the time has moved on. A task that has become urgent is there twice; the higher one is found first. */
function advance<T extends GraphTask>(queues: Queues<T>, nowMs: number): void {
  for (let due = top(queues.later); due && due.key <= nowMs; due = top(queues.later)) {
    queues.later.pop();
    enqueue(queues, due.node, nowMs);
  }
  for (let due = top(queues.urgent); due && due.key < nowMs; due = top(queues.urgent)) {
    queues.urgent.pop();
    enqueue(queues, due.node, nowMs);
  }
}

/** Tells the neighbours of a change, and `moved` of those whose place it changes. */
function spread<T>(node: Node<T>, before: TaskState, moved: (node: Node<T>) => void): void {
  const settled = Number(isSettled(node.state)) - Number(isSettled(before));
  const ended = Number(isEnded(node.state)) - Number(isEnded(before));
  if (settled !== 0) {
    for (const dependent of node.dependents) {
      dependent.open -= settled;
      if (dependent.open === (settled > 0 ? 0 : 1)) moved(dependent);
    }
  }
  if (ended !== 0) {
    for (const dependency of node.dependencies) {
      dependency.wantedBy -= ended;
      if (isStartable(dependency.state)) moved(dependency);
    }
  }
}

/** Tasks in plan order. A state that is not listed is pending. */
export function createSchedule<T extends GraphTask>(tasks: readonly T[], states: TaskStates): Schedule<T> {
  const nodes = linked(tasks, states);
  const queues: Queues<T> = { ready: createHeap(earlier), later: createHeap(earlier), urgent: createHeap(earlier) };
  let freed: string[] = [];
  let now = 0;
  const moved = (node: Node<T>): void => {
    if (settle(queues, node, now)) freed.push(node.task.id);
  };
  nodes.forEach(moved);
  return {
    set(id, state, notBefore = 0) {
      const node = nodes.get(id);
      if (!node || (node.state === state && node.notBefore === notBefore)) return;
      const before = node.state;
      node.state = state;
      node.notBefore = notBefore;
      moved(node);
      spread(node, before, moved);
    },
    next(nowMs) {
      now = nowMs;
      advance(queues, nowMs);
      return top(queues.ready)?.node.task;
    },
    wakeAt: () => top(queues.later)?.key,
    freed() {
      const ids = freed;
      freed = [];
      return ids;
    },
    blockedBy: (id) => nodes.get(id)?.task.dependsOn.filter((one) => !isSettled(nodes.get(one)?.state ?? 'pending')) ?? [],
  };
}
