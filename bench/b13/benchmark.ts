/** B13: growth. What a turn leaves behind, what a long past costs those who ask, and what a milestone that waits takes. */
import type { Benchmark, Condition, Context, Samples, Series } from '../benchmark.ts';
import { historyRounds } from './history.ts';
import { memoryRounds } from './memory.ts';
import { queryRounds } from './queries.ts';
import { rowRounds } from './rows.ts';

const FULL = {
  history: { rounds: 5, turns: 60, limit: 1_000 },
  rows: { rounds: 5, turns: 200 },
  queries: { rounds: 7, calls: 40, waiting: 1_000, behind: [10, 1_000, 100_000] },
  memory: { rounds: 5, waiting: 1_000, settleMs: 2_000 },
};
const SMOKE = {
  history: { rounds: 1, turns: 4, limit: 60 },
  rows: { rounds: 1, turns: 2 },
  queries: { rounds: 1, calls: 3, waiting: 4, behind: [10, 20] },
  memory: { rounds: 1, waiting: 5, settleMs: 100 },
};

async function run(context: Context): Promise<Samples> {
  const size = context.smoke ? SMOKE : FULL;
  const rounds = {
    ...await historyRounds(context, size.history), ...await rowRounds(context, size.rows),
    ...await queryRounds(context, size.queries), ...await memoryRounds(context, size.memory),
  };
  return { kind: 'measured', rounds };
}

const linear = (metric: string): Condition[] => [{ metric, judged: 'ratio', op: '<=', target: 1.1 }];

const perTurn = (key: string, what: string, unit: string): Series =>
  ({ key, what: `${what} of a supervised turn`, unit, anchor: 'the first half of the same turns', conditions: linear('ratio of p50, later to earlier turns') });

const query = (key: string, what: string): Series[] => [
  { key, what: `${what}, 100,000 turns behind`, unit: 'ms', anchor: 'one plain statement', conditions: [{ metric: 'p99 in ms', judged: 'p99', op: '<=', target: 50 }] },
  {
    key: `${key}-flat`, what: `${what}, 100,000 turns behind`, unit: 'ms', anchor: 'the same, 10 turns behind',
    conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.5 }],
  },
];

export const b13: Benchmark = {
  id: 'B13',
  series: [
    perTurn('B13-events', 'history events', 'events'),
    perTurn('B13-payload', 'payloads in the history', 'bytes'),
    {
      key: 'B13-history', what: 'history of a milestone that continues as new', unit: 'limits', anchor: 'without continuing as new',
      conditions: [{ metric: 'p99 of events, in limits', judged: 'p99', op: '<=', target: 1.1 }],
    },
    perTurn('B13-rows', 'rows', 'rows'),
    perTurn('B13-row-bytes', 'tables and indexes', 'bytes'),
    ...query('B13-status', '`status` of a project with ten turns'),
    ...query('B13-inbox', '`inbox` of 1,000 questions'),
    ...query('B13-diff', '`diff` of a project with ten turns'),
    {
      key: 'B13-memory', what: 'memory of a milestone that waits for a person, in the cache of a worker', unit: 'kB', anchor: 'bare workflow that waits for a signal',
      conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.2 }],
    },
  ],
  run,
};
