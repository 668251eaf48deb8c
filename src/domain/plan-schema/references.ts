/**
 * Names that refer to each other: duplicates, unknown dependencies, cycles, checks for tasks that do not exist. Works on the
 * raw data, so that these mistakes are told together with those of the schema; whatever is not of the right kind is passed over.
 */
import { didYouMean } from '../did-you-mean.ts';
import { findCycle } from '../task-graph.ts';
import type { Mistake, YamlPath } from '../yaml-source.ts';
import { entries, field } from './raw.ts';

interface Reference {
  id: string;
  path: YamlPath;
}

interface RawNode extends Reference {
  /** Undefined when the file does not say. */
  dependsOn: Reference[] | undefined;
}

interface RawMilestone extends RawNode {
  tasks: RawNode[];
}

export function referenceMistakes(raw: unknown): Mistake[] {
  const milestones = nodesAt(raw, ['milestones'])
    .map((node): RawMilestone => ({ ...node, tasks: nodesAt(field(raw, ...node.path), ['tasks'], node.path) }));
  const tasks = milestones.flatMap((milestone) => milestone.tasks);
  return [
    ...duplicates('milestone', milestones, 'id'),
    ...duplicates('task', tasks, 'id'),
    ...duplicates('check', nodesAt(raw, ['checks'], [], 'name'), 'name'),
    ...milestones.flatMap((node) => unknown(node, 'milestone', milestones)),
    ...cycle('milestones', withDefaultOrder(milestones)),
    ...milestones.flatMap((milestone) => taskMistakes(milestone, milestones)),
    ...checkMistakes(raw, tasks),
    ...reportMistakes(raw),
  ];
}

/** Entries of a list that have an id; others are the schema's to complain about. */
function nodesAt(raw: unknown, at: YamlPath, above: YamlPath = [], key = 'id'): RawNode[] {
  return entries(field(raw, ...at)).flatMap(([item, n]) => {
    const id = field(item, key);
    const path = [...above, ...at, n];
    const listed = field(item, 'dependsOn');
    const dependsOn = listed === undefined ? undefined : references(listed, [...path, 'dependsOn']);
    return typeof id === 'string' ? [{ id, path, dependsOn }] : [];
  });
}

const references = (list: unknown, above: YamlPath): Reference[] =>
  entries(list).flatMap(([id, n]) => (typeof id === 'string' ? [{ id, path: [...above, n] }] : []));

function duplicates(noun: string, nodes: readonly Reference[], key: string): Mistake[] {
  const seen = new Set<string>();
  return nodes.filter(({ id }) => seen.size === seen.add(id).size)
    .map(({ id, path }) => ({
      path: [...path, key], message: `there is a ${noun} "${id}" already: each needs a name of its own in the plan`,
    }));
}

function unknown(node: RawNode, noun: string, known: readonly Reference[]): Mistake[] {
  const ids = known.map(({ id }) => id);
  return (node.dependsOn ?? []).filter(({ id }) => !ids.includes(id)).map(({ id, path }) => unknownName(id, path, noun, ids));
}

function unknownName(id: string, path: YamlPath, noun: string, known: readonly string[]): Mistake {
  const suggestion = didYouMean(id, known);
  return { path, message: `there is no ${noun} "${id}"`, ...(suggestion && { suggestion }) };
}

function taskMistakes(milestone: RawMilestone, all: readonly RawMilestone[]): Mistake[] {
  const own = milestone.tasks.map(({ id }) => id);
  const strangers = milestone.tasks.flatMap((task) => task.dependsOn ?? []).filter(({ id }) => !own.includes(id));
  return [...strangers.map((reference) => strangerMistake(reference, own, all)), ...cycle('tasks', milestone.tasks)];
}

function strangerMistake({ id, path }: Reference, own: readonly string[], all: readonly RawMilestone[]): Mistake {
  const home = all.find(({ tasks }) => tasks.some((task) => task.id === id));
  if (!home) return unknownName(id, path, 'task', own);
  return {
    path, message: `task "${id}" belongs to milestone "${home.id}": a task can only depend on tasks of its own milestone`,
    suggestion: 'name that milestone in the dependsOn of this one',
  };
}

/** Without `dependsOn` a milestone comes after the one above it. */
const withDefaultOrder = (milestones: readonly RawNode[]): RawNode[] =>
  milestones.map((node, n) => {
    const above = milestones[n - 1];
    return { ...node, dependsOn: node.dependsOn ?? (above ? [{ id: above.id, path: node.path }] : []) };
  });

function cycle(noun: string, nodes: readonly RawNode[]): Mistake[] {
  const found = findCycle(nodes.map(({ id, dependsOn }) => ({ id, dependsOn: (dependsOn ?? []).map((reference) => reference.id) })));
  if (!found) return [];
  const edge = nodes.find(({ id }) => id === found[0])?.dependsOn?.find(({ id }) => id === found[1]);
  return [{ path: edge?.path ?? [], message: `${noun} wait for each other in a circle: ${found.join(' → ')}` }];
}

function checkMistakes(raw: unknown, tasks: readonly Reference[]): Mistake[] {
  const ids = tasks.map(({ id }) => id);
  return entries(field(raw, 'checks')).flatMap(([check, n]) =>
    references(field(check, 'tasks'), ['checks', n, 'tasks']).filter(({ id }) => !ids.includes(id))
      .map(({ id, path }) => unknownName(id, path, 'task', ids)));
}

function nameOf(check: unknown): string {
  const name = field(check, 'name');
  return typeof name === 'string' ? name : '';
}

/** A file holds one check's report; JUnit XML is a document by itself, never part of what a command prints. */
function reportMistakes(raw: unknown): Mistake[] {
  const seen = new Map<unknown, string>();
  return entries(field(raw, 'checks')).flatMap(([check, n]): Mistake[] => {
    const [format, path] = [field(check, 'report', 'format'), field(check, 'report', 'path')];
    if (format === 'junit' && path === undefined) {
      return [{ path: ['checks', n, 'report'], message: 'a junit report needs a path', suggestion: 'name the file that the tests write, such as path: "reports/**/*.xml"' }];
    }
    if (path === undefined) return [];
    const other = seen.get(path);
    seen.set(path, nameOf(check));
    return other === undefined ? [] : [{ path: ['checks', n, 'report', 'path'], message: `is the report of check "${other}" too: each needs a file of its own` }];
  });
}
