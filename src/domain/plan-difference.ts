/** What differs between two plans of a project, for people and for the workflows that go over from one to the other. Pure; package-free. */
import { canonicalJson } from './canonical-json.ts';
import type { CheckSpec, MilestonePlan, Plan, TaskPlan } from './plan.ts';

export interface PlanChange {
  what: 'milestone' | 'task' | 'check' | 'setting';
  kind: 'added' | 'edited' | 'removed' | 'reordered';
  /** `milestone`, `milestone/task`, the name of a check, or a setting such as `policy.gate`. */
  target: string;
  /** Which parts differ; empty unless edited. */
  fields: string[];
  /** Of settings that fit on a line. */
  before?: string;
  after?: string;
}

// A database gives the keys back in an order of its own.
const textOf = (value: unknown): string => (value === undefined ? '–' : canonicalJson(value));

const same = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);

type Fields = Readonly<Record<string, unknown>>;

const differing = (before: Fields, after: Fields, but: readonly string[] = []): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !but.includes(key) && !same(before[key], after[key]));

interface Listed<T> {
  added: T[];
  removed: T[];
  kept: { before: T; after: T }[];
  reordered: boolean;
}

/** Two lists of named things. Reordered: those in both stand in another order. */
function listed<T>(before: readonly T[], after: readonly T[], nameOf: (item: T) => string): Listed<T> {
  const old = new Map(before.map((item) => [nameOf(item), item]));
  const names = new Set(after.map(nameOf));
  const kept = after.flatMap((item) => {
    const was = old.get(nameOf(item));
    return was === undefined ? [] : [{ before: was, after: item }];
  });
  return {
    added: after.filter((item) => !old.has(nameOf(item))),
    removed: before.filter((item) => !names.has(nameOf(item))),
    kept,
    reordered: !same(kept.map((pair) => nameOf(pair.after)), before.map(nameOf).filter((name) => names.has(name))),
  };
}

const change = (what: PlanChange['what'], kind: PlanChange['kind'], target: string, fields: string[] = []): PlanChange => ({ what, kind, target, fields });

const edited = (what: PlanChange['what'], target: string, fields: string[]): PlanChange[] => (fields.length > 0 ? [change(what, 'edited', target, fields)] : []);

function taskChanges({ before, after }: { before: MilestonePlan; after: MilestonePlan }): PlanChange[] {
  const { added, removed, kept, reordered } = listed(before.tasks, after.tasks, ({ id }) => id);
  const at = ({ id }: TaskPlan): string => `${after.id}/${id}`;
  return [
    ...edited('milestone', after.id, differing({ ...before }, { ...after }, ['tasks'])),
    ...(reordered ? [change('milestone', 'reordered', after.id)] : []),
    ...added.map((task) => change('task', 'added', at(task))),
    ...kept.flatMap((pair) => edited('task', at(pair.after), differing({ ...pair.before }, { ...pair.after }))),
    ...removed.map((task) => change('task', 'removed', at(task))),
  ];
}

function milestoneChanges(before: Plan, after: Plan): PlanChange[] {
  const { added, removed, kept, reordered } = listed(before.milestones, after.milestones, ({ id }) => id);
  return [
    ...(reordered ? [change('milestone', 'reordered', after.project)] : []),
    ...added.flatMap(({ id, tasks }) => [change('milestone', 'added', id), ...tasks.map((task) => change('task', 'added', `${id}/${task.id}`))]),
    ...kept.flatMap(taskChanges),
    ...removed.map(({ id }) => change('milestone', 'removed', id)),
  ];
}

function checkChanges(before: Plan, after: Plan): PlanChange[] {
  const { added, removed, kept, reordered } = listed<CheckSpec>(before.checks, after.checks, ({ name }) => name);
  return [
    ...(reordered ? [change('check', 'reordered', 'checks')] : []),
    ...added.map(({ name }) => change('check', 'added', name)),
    ...kept.flatMap((pair) => edited('check', pair.after.name, differing({ ...pair.before }, { ...pair.after }))),
    ...removed.map(({ name }) => change('check', 'removed', name)),
  ];
}

const MAX_SHOWN = 80;

function shown(value: unknown): string | undefined {
  const text = textOf(value);
  return text.length <= MAX_SHOWN ? text : undefined;
}

/** `policy.gate: 0.7 → 0.8`; what does not fit on a line is only named. */
function settingChanges(part: string, before: Fields, after: Fields): PlanChange[] {
  return differing(before, after).map((key) => {
    const [was, is] = [shown(before[key]), shown(after[key])];
    return { ...change('setting', 'edited', `${part}.${key}`), ...(was !== undefined && is !== undefined && { before: was, after: is }) };
  });
}

/** Every difference, in the order of the file. Empty for equal plans. */
export const planDifference = (before: Plan, after: Plan): PlanChange[] => [
  ...(['workspace', 'agent', 'reviewer'] as const).flatMap((part) => settingChanges(part, { ...before[part] }, { ...after[part] })),
  ...checkChanges(before, after),
  ...settingChanges('policy', { ...before.policy }, { ...after.policy }),
  ...settingChanges('isolation', { ...before.isolation }, { ...after.isolation }),
  ...milestoneChanges(before, after),
];

/** One milestone's tasks between two plans, by id. */
export interface TaskDifference {
  added: string[];
  removed: string[];
  /** What is to be done is another, or what has to be done before; not the title, the priority or the deadline alone. */
  edited: string[];
}

/** Fields that say when and how a task is shown, not what it is. */
const BESIDE = ['title', 'priority', 'deadline'];

export function taskDifference(before: MilestonePlan, after: MilestonePlan): TaskDifference {
  const { added, removed, kept } = listed(before.tasks, after.tasks, ({ id }) => id);
  return {
    added: added.map(({ id }) => id),
    removed: removed.map(({ id }) => id),
    edited: kept.filter((pair) => differing({ ...pair.before }, { ...pair.after }, BESIDE).length > 0).map((pair) => pair.after.id),
  };
}
