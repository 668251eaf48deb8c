import { describe, expect, test } from '@jest/globals';
import type { TaskState } from '../../src/domain/states.ts';
import { blockedBy, findCycle, nextTask, readyTasks, type GraphTask } from '../../src/domain/task-graph.ts';
import { seededRandom } from '../support/random.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');

const task = (id: string, more: Partial<GraphTask> = {}): GraphTask => ({ id, dependsOn: [], priority: 5, deadline: null, ...more });

describe('findCycle', () => {
  test.each<[string, [string, string[]][], string[] | undefined]>([
    ['nothing', [], undefined],
    ['a chain', [['a', []], ['b', ['a']], ['c', ['b']]], undefined],
    ['a diamond', [['a', []], ['b', ['a']], ['c', ['a']], ['d', ['b', 'c']]], undefined],
    ['itself', [['a', ['a']]], ['a', 'a']],
    ['two', [['a', ['b']], ['b', ['a']]], ['a', 'b', 'a']],
    ['three behind a tail', [['x', ['a']], ['a', ['b']], ['b', ['c']], ['c', ['a']]], ['a', 'b', 'c', 'a']],
    ['unknown names', [['a', ['nobody']]], undefined],
    ['a cycle behind a finished part', [['a', []], ['b', ['a', 'c']], ['c', ['b']]], ['b', 'c', 'b']],
  ])('%s', (_, edges, expected) => {
    expect(findCycle(edges.map(([id, dependsOn]) => ({ id, dependsOn })))).toEqual(expected);
  });
});

describe('readyTasks and blockedBy', () => {
  test.each<[TaskState, boolean]>([
    ['pending', false], ['ready', false], ['running', false], ['blocked', false], ['retrying', false],
    ['completed', true], ['skipped', true], ['failed', false], ['cancelled', false],
  ])('a dependency that is %s lets its follower go: %s', (state, free) => {
    const tasks = [task('a'), task('b', { dependsOn: ['a'] })];
    expect(readyTasks(tasks, { a: state }).some(({ id }) => id === 'b')).toBe(free);
    expect(blockedBy(tasks[1]!, { a: state })).toEqual(free ? [] : ['a']);
  });

  test.each<[TaskState, boolean]>([
    ['pending', true], ['ready', true], ['running', false], ['blocked', false], ['retrying', true],
    ['completed', false], ['skipped', false], ['failed', false], ['cancelled', false],
  ])('a free task that is %s may start: %s', (state, may) => {
    expect(readyTasks([task('a')], { a: state })).toHaveLength(may ? 1 : 0);
  });

  test('ids that are names of Object.prototype are ordinary', () => {
    const tasks = [task('constructor'), task('b', { dependsOn: ['constructor'] })];
    expect(readyTasks(tasks, {}).map(({ id }) => id)).toEqual(['constructor']);
  });
});

describe('nextTask', () => {
  const soon = '2026-06-01T12:59:00Z';
  test.each<[string, GraphTask[], Record<string, TaskState>, string | undefined]>([
    ['nothing is ready', [task('a', { dependsOn: ['b'] }), task('b')], { b: 'running' }, undefined],
    ['plan order among equals', [task('b'), task('a')], {}, 'b'],
    ['higher priority first', [task('a'), task('b', { priority: 6 })], {}, 'b'],
    ['a near deadline counts two', [task('a', { priority: 6 }), task('b', { deadline: soon })], {}, 'b'],
    ['but not three', [task('a', { priority: 7 }), task('b', { deadline: soon })], {}, 'a'],
    ['a deadline in an hour is not near', [task('a'), task('b', { deadline: '2026-06-01T13:00:00Z' })], {}, 'a'],
    ['a deadline missed is', [task('a'), task('b', { deadline: '2026-05-01T00:00:00Z' })], {}, 'b'],
    ['who holds others up goes first', [task('a'), task('b'), task('c', { dependsOn: ['b'] })], {}, 'b'],
    ['unless those have ended', [task('a'), task('b'), task('c', { dependsOn: ['b'] })], { c: 'cancelled' }, 'a'],
    ['who failed before goes later', [task('a'), task('b')], { a: 'retrying' }, 'b'],
    ['all at once: 5+2+1-1 beats 6', [task('a', { priority: 6 }), task('b', { deadline: soon }), task('c', { dependsOn: ['b'] })],
      { b: 'retrying' }, 'b'],
  ])('%s', (_, tasks, states, expected) => {
    expect(nextTask(tasks, states, NOW)?.id).toBe(expected);
  });
});

function randomTasks(next: () => number, count: number): GraphTask[] {
  const ids = Array.from({ length: count }, (_, n) => `t${n}`);
  const tasks = ids.map((id, n) => task(id, {
    dependsOn: [...new Set(Array.from({ length: Math.floor(next() * 4) }, () => `t${Math.floor(next() * n)}`))].filter(() => n > 0),
    priority: 1 + Math.floor(next() * 10),
    deadline: next() < 0.2 ? new Date(NOW + (next() - 0.5) * 8_000_000).toISOString() : null,
  }));
  return tasks.sort(() => next() - 0.5);
}

describe('laws', () => {
  test('every task of an acyclic plan runs once, and never before its dependencies', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = seededRandom(seed);
      const tasks = randomTasks(next, 1 + Math.floor(next() * 30));
      expect(findCycle(tasks)).toBeUndefined();
      const states: Record<string, TaskState> = {};
      const done = new Set<string>();
      for (let step = 0; done.size < tasks.length; step++) {
        expect(step).toBeLessThan(tasks.length * 5);
        const chosen = nextTask(tasks, states, NOW);
        if (!chosen) throw new Error(`seed ${seed}: stuck with ${done.size} of ${tasks.length} done`);
        expect(done.has(chosen.id)).toBe(false);
        expect(chosen.dependsOn.filter((id) => !done.has(id))).toEqual([]);
        if (states[chosen.id] !== 'retrying' && next() < 0.2) states[chosen.id] = 'retrying';
        else {
          states[chosen.id] = next() < 0.1 ? 'skipped' : 'completed';
          done.add(chosen.id);
        }
      }
      expect(nextTask(tasks, states, NOW)).toBeUndefined();
    }
  });

  test('a planted cycle is always found, and what is found is one', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = seededRandom(seed);
      const tasks = randomTasks(next, 3 + Math.floor(next() * 30));
      const [a, b] = [tasks[0]!, tasks[1]!];
      a.dependsOn = [...a.dependsOn, b.id];
      b.dependsOn = [...b.dependsOn, a.id];
      const cycle = findCycle(tasks) ?? [];
      expect(cycle.length).toBeGreaterThan(1);
      expect(cycle.at(-1)).toBe(cycle[0]);
      const byId = new Map(tasks.map((t) => [t.id, t]));
      cycle.slice(1).forEach((id, n) => expect(byId.get(cycle[n]!)?.dependsOn).toContain(id));
    }
  });

  test('10,000 tasks: work grows with tasks plus dependencies, and a chain of that length is no problem', () => {
    const count = 10_000;
    let reads = 0;
    const tasks: GraphTask[] = Array.from({ length: count }, (_, n) => ({
      id: `t${n}`, priority: 5, deadline: null,
      get dependsOn() {
        reads++;
        return n === count - 1 ? [] : [`t${n + 1}`];
      },
    }));
    expect(findCycle(tasks)).toBeUndefined();
    expect(nextTask(tasks, {}, NOW)?.id).toBe(`t${count - 1}`);
    expect(reads).toBeLessThanOrEqual(5 * count);
  });
});
