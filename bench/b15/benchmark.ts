/** B15: the order of a whole plan's tasks, from the first to the last, and how it grows with the plan. Nothing but computing. */
import { seededRandom } from '../../src/domain/random.ts';
import { createSchedule } from '../../src/domain/schedule.ts';
import type { GraphTask } from '../../src/domain/task-graph.ts';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';

const FULL = { rounds: 12, samples: 5, tasks: 10_000 };
const SMOKE = { rounds: 1, samples: 1, tasks: 100 };
const SEED = 20_261_126;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const TICK_MS = 1_000;

/** Up to four dependencies among those before, in shuffled plan order; a fifth has a deadline that comes near while the plan runs. */
function planOf(count: number): GraphTask[] {
  const next = seededRandom(SEED);
  const before = (n: number): string => `t${Math.floor(next() * n)}`;
  const tasks = Array.from({ length: count }, (_, n): GraphTask => ({
    id: `t${n}`,
    dependsOn: n === 0 ? [] : Array.from({ length: Math.floor(next() * 5) }, () => before(n)),
    priority: 1 + Math.floor(next() * 10),
    deadline: next() < 0.2 ? new Date(NOW + next() * 2 * count * TICK_MS).toISOString() : null,
  }));
  return tasks.sort(() => next() - 0.5);
}

/** Each begins, every tenth is tried again, all complete. Throws unless all have run. */
function ours(tasks: readonly GraphTask[]): void {
  const schedule = createSchedule(tasks, {});
  let now = NOW;
  let ran = 0;
  for (let task = schedule.next(now); task; task = schedule.next((now += TICK_MS))) {
    schedule.set(task.id, 'running');
    if (ran % 10 === 0) schedule.set(task.id, 'retrying');
    schedule.set(task.id, 'completed');
    schedule.freed();
    ran += 1;
  }
  if (ran !== tasks.length) throw new Error(`${ran} of ${tasks.length} tasks ran`);
}

/** Some order that respects the dependencies, by counting: the least that any scheduler does. */
function anchor(tasks: readonly GraphTask[]): void {
  const open = new Map(tasks.map(({ id, dependsOn }) => [id, dependsOn.length]));
  const dependents = Map.groupBy(tasks.flatMap(({ id, dependsOn }) => dependsOn.map((one) => ({ one, id }))), ({ one }) => one);
  const order = tasks.filter(({ dependsOn }) => dependsOn.length === 0).map(({ id }) => id);
  for (const id of order) {
    for (const { id: dependent } of dependents.get(id) ?? []) {
      const left = (open.get(dependent) ?? 0) - 1;
      open.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  if (order.length !== tasks.length) throw new Error(`${order.length} of ${tasks.length} tasks were ordered`);
}

/** Milliseconds of the processor, of `repeat` times the work: what others do on the machine does not count. */
function timesOf(samples: number, repeat: number, work: () => void): number[] {
  return Array.from({ length: samples }, () => {
    const before = process.cpuUsage();
    for (let n = 0; n < repeat; n += 1) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
}

// The small plan as often as it fits into the large one: as much work in both arms.
const SMALLER = 10;

async function run({ smoke, log }: Context): Promise<Samples> {
  const { rounds, samples, tasks } = smoke ? SMOKE : FULL;
  const [large, small] = [planOf(tasks), planOf(tasks / SMALLER)];
  const perTask = (plan: GraphTask[], repeat: number) => async (): Promise<number[]> =>
    timesOf(samples, repeat, () => ours(plan)).map((ms) => (1_000 * ms) / tasks);
  const whole = { ours: async () => timesOf(samples, 1, () => ours(large)), anchor: async () => timesOf(samples, 1, () => anchor(large)) };
  const growth = { ours: perTask(large, 1), anchor: perTask(small, SMALLER) };
  const told = (what: string) => (round: Round, at: number): void => log(`B15 ${what}, round ${at}: ${median(round.ours).toFixed(2)}, anchor ${median(round.anchor).toFixed(2)}`);
  if (!smoke) await takeRounds(2, growth, () => undefined);
  return { kind: 'measured', rounds: { B15: await takeRounds(rounds, whole, told('all')), 'B15-growth': await takeRounds(rounds, growth, told('µs a task')) } };
}

export const b15: Benchmark = {
  id: 'B15',
  series: [
    {
      key: 'B15', what: 'order of all tasks of a plan of 10,000, processor time', unit: 'ms', anchor: 'an order by counting dependencies',
      conditions: [{ metric: 'p99 in ms of the processor', judged: 'p99', op: '<=', target: 100 }],
    },
    {
      key: 'B15-growth', what: 'order of 10,000 tasks, time a task', unit: 'µs', anchor: 'the same of 1,000 tasks',
      // 1 is linear, 10 would be quadratic; what fits into the processor's cache is faster.
      conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 3 }],
    },
  ],
  run,
};
