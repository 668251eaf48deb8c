import { describe, expect, test } from '@jest/globals';
import { createSchedule } from '../../src/domain/schedule.ts';
import { TASK_STATES, type TaskState } from '../../src/domain/states.ts';
import type { GraphTask } from '../../src/domain/task-graph.ts';
import { mayBecome, TASK_TRANSITIONS } from '../../src/domain/task-states.ts';
import { pick, seededRandom } from '../support/random.ts';
import { graphTask as task, NOW, randomTasks, simpleNext } from '../support/task-graphs.ts';

const soon = '2026-06-01T12:59:00Z';

describe('the next task', () => {
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
    ['all at once: 5+2+1-1 beats 6', [task('a', { priority: 6 }), task('b', { deadline: soon }), task('c', { dependsOn: ['b'] })], { b: 'retrying' }, 'b'],
    ['a task that waits for one of no plan never runs', [task('a', { dependsOn: ['nobody'] })], {}, undefined],
    ['ids that are names of Object.prototype are ordinary', [task('b', { dependsOn: ['constructor'] }), task('constructor')], {}, 'constructor'],
  ])('%s', (_, tasks, states, expected) => {
    expect(createSchedule(tasks, states).next(NOW)?.id).toBe(expected);
    expect(simpleNext(tasks, states, NOW)?.id).toBe(expected);
  });

  test.each<[TaskState, boolean]>([
    ['pending', true], ['ready', true], ['running', false], ['blocked', false], ['retrying', true],
    ['completed', false], ['skipped', false], ['failed', false], ['cancelled', false],
  ])('a free task that is %s may start: %s', (state, may) => {
    expect(createSchedule([task('a')], { a: state }).next(NOW)?.id).toBe(may ? 'a' : undefined);
  });

  test('follows what is told: begun, settled, reopened', () => {
    const schedule = createSchedule([task('a'), task('b', { dependsOn: ['a'] })], {});
    expect([schedule.freed(), schedule.freed(), schedule.blockedBy('b')]).toEqual([['a'], [], ['a']]);
    schedule.set('a', 'running');
    expect(schedule.next(NOW)).toBeUndefined();
    schedule.set('a', 'completed');
    expect([schedule.freed(), schedule.next(NOW)?.id, schedule.blockedBy('b')]).toEqual([['b'], 'b', []]);
    schedule.set('a', 'retrying');
    expect(schedule.next(NOW)?.id).toBe('a');
    schedule.set('nobody', 'completed');
  });

  test('a task whose time has not come lets others go first, and says when it comes', () => {
    const schedule = createSchedule([task('a', { priority: 10 }), task('b')], {});
    schedule.set('a', 'retrying', NOW + 60_000);
    expect([schedule.next(NOW)?.id, schedule.wakeAt()]).toEqual(['b', NOW + 60_000]);
    schedule.set('b', 'completed');
    expect(schedule.next(NOW + 59_999)).toBeUndefined();
    expect([schedule.next(NOW + 60_000)?.id, schedule.wakeAt()]).toEqual(['a', undefined]);
  });

  test('a deadline comes near while a task waits in line', () => {
    const schedule = createSchedule([task('a', { priority: 6 }), task('b', { deadline: '2026-06-01T14:00:00Z' })], {});
    expect(schedule.next(NOW)?.id).toBe('a');
    expect(schedule.next(NOW + 3_600_000)?.id).toBe('a');
    expect(schedule.next(NOW + 3_600_001)?.id).toBe('b');
  });
});

/** One random life of a plan, held against the plain order at each step. */
function live(seed: number): void {
  const next = seededRandom(seed);
  const tasks = randomTasks(next, 1 + Math.floor(next() * 30));
  const states: Record<string, TaskState> = {};
  const notBefore = new Map<string, number>();
  const schedule = createSchedule(tasks, states);
  let now = NOW;
  for (let step = 0; step < tasks.length * 4; step++) {
    now += Math.floor(next() * 600_000);
    const chosen = schedule.next(now);
    expect([seed, step, chosen?.id]).toEqual([seed, step, simpleNext(tasks, states, now, notBefore)?.id]);
    const { id } = chosen && next() < 0.8 ? chosen : pick(next, tasks);
    states[id] = pick(next, TASK_STATES);
    notBefore.set(id, states[id] === 'retrying' && next() < 0.5 ? now + Math.floor(next() * 2_000_000) : 0);
    schedule.set(id, states[id], notBefore.get(id));
  }
}

describe('laws', () => {
  test('it is the plain order, whatever changes in between', () => {
    for (let seed = 1; seed <= 200; seed++) live(seed);
  });

  test('every task of an acyclic plan runs once, and never before its dependencies', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = seededRandom(seed);
      const tasks = randomTasks(next, 1 + Math.floor(next() * 30));
      const schedule = createSchedule(tasks, {});
      const done = new Set<string>();
      for (let chosen = schedule.next(NOW); chosen; chosen = schedule.next(NOW)) {
        expect([done.has(chosen.id), chosen.dependsOn.filter((id) => !done.has(id))]).toEqual([false, []]);
        done.add(chosen.id);
        schedule.set(chosen.id, next() < 0.1 ? 'skipped' : 'completed');
      }
      expect([seed, done.size]).toEqual([seed, tasks.length]);
    }
  });

  test('10,000 tasks: dependencies are read a bounded number of times each, from the first to the last task', () => {
    const count = 10_000;
    let reads = 0;
    const tasks: GraphTask[] = Array.from({ length: count }, (_, n) => ({
      id: `t${n}`, priority: 5, deadline: null,
      get dependsOn() {
        reads++;
        return n === count - 1 ? [] : [`t${n + 1}`];
      },
    }));
    const schedule = createSchedule(tasks, {});
    let ran = 0;
    for (let chosen = schedule.next(NOW); chosen; chosen = schedule.next(NOW), ran++) schedule.set(chosen.id, 'completed');
    expect(ran).toBe(count);
    expect(reads).toBeLessThanOrEqual(5 * count);
  });
});

describe('states', () => {
  test('each may be reached, and none leads to itself', () => {
    const targets = new Set(Object.values(TASK_TRANSITIONS).flat());
    expect(TASK_STATES.filter((state) => !targets.has(state))).toEqual([]);
    expect(TASK_STATES.filter((state) => mayBecome(state, state))).toEqual([]);
  });

  test('what has failed or was cancelled stays so', () => {
    expect([TASK_TRANSITIONS.failed, TASK_TRANSITIONS.cancelled]).toEqual([[], []]);
  });
});
