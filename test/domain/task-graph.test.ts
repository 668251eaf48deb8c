import { describe, expect, test } from '@jest/globals';
import { TASK_STATES } from '../../src/domain/states.ts';
import { blockedBy, findCycle, type GraphTask } from '../../src/domain/task-graph.ts';
import { seededRandom } from '../support/random.ts';
import { graphTask as task, randomTasks } from '../support/task-graphs.ts';


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

test('a dependency holds up until it is completed or skipped', () => {
  const holds = TASK_STATES.filter((state) => blockedBy(task('b', { dependsOn: ['a'] }), { a: state }).length > 0);
  expect(holds).toEqual(['pending', 'ready', 'running', 'blocked', 'retrying', 'failed', 'cancelled']);
});

describe('laws', () => {
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
    expect(reads).toBeLessThanOrEqual(5 * count);
  });
});
