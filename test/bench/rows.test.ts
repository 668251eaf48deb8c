import { describe, expect, test } from '@jest/globals';
import type { Benchmark, Condition, Round } from '../../bench/benchmark.ts';
import { parseBenchArgs } from '../../bench/args.ts';
import { latencies, type Watch } from '../../bench/b1/observer.ts';
import { generated } from '../../bench/report/docs.ts';
import { plotOf } from '../../bench/report/plot.ts';
import { rowsOf, type Row } from '../../bench/row.ts';
import { bootstrap, median, quantile, ratioOfPairs, verdict } from '../../bench/stats.ts';

const MACHINE = { cores: 2, model: 'a machine', load: 0.5, busyCores: 0.1 };
const RATIO: Condition = { metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.2 };

const benchmark = (...conditions: Condition[]): Benchmark => ({
  id: 'B99', series: [{ key: 'B99', what: 'a | b', unit: 'ms', anchor: '<bare>', conditions }], run: () => Promise.reject(new Error('not run here')),
});

const measured = (rounds: Round[], ...conditions: Condition[]): Row[] =>
  rowsOf(benchmark(...conditions), { kind: 'measured', rounds: { B99: rounds } }, MACHINE);

const rounds = (...ratios: number[]): Round[] => ratios.map((ratio) => ({ ours: [9 * ratio, 10 * ratio, 11 * ratio], anchor: [9, 10, 11] }));

describe('statistics', () => {
  test('quantiles lie between neighbours and need no order', () => {
    expect([quantile([4, 1, 3, 2], 0), quantile([4, 1, 3, 2], 1), median([4, 1, 3, 2]), median([7])]).toEqual([1, 4, 2.5, 7]);
    expect(median([])).toBeNaN();
  });

  test('the ratio is that of pairs: a machine that slows down changes both arms of a pair and not the ratio', () => {
    const drifting = [1, 2, 4, 8, 16].map((slow) => ({ ours: [1.5 * slow], anchor: [slow] }));
    expect(ratioOfPairs(drifting)).toEqual({ value: 1.5, ci: [1.5, 1.5] });
  });

  test('an interval holds the estimate, grows with the spread and is the same each time', () => {
    const narrow = bootstrap([1, 1.01, 0.99, 1, 1.02], median);
    const wide = bootstrap([1, 2, 0.5, 1, 3], median);
    expect(narrow.ci[0]).toBeLessThanOrEqual(narrow.value);
    expect(narrow.ci[1]).toBeGreaterThanOrEqual(narrow.value);
    expect(wide.ci[1] - wide.ci[0]).toBeGreaterThan(narrow.ci[1] - narrow.ci[0]);
    expect(bootstrap([1, 2, 0.5, 1, 3], median)).toEqual(wide);
  });

  test.each([
    ['<=', 1, [0.8, 1], true], ['<=', 1, [0.8, 1.1], null], ['<=', 1, [1.1, 1.2], false],
    ['>=', 1, [1, 1.2], true], ['>=', 1, [0.9, 1.2], null], ['>=', 1, [0.5, 0.9], false],
    ['==', 0, [0, 0], true], ['==', 0, [0, 1], null], ['==', 0, [1, 2], false],
  ] as const)('%s %d against %j: %s', (op, target, interval, expected) => {
    expect(verdict(op, target, [...interval])).toBe(expected);
  });
});

describe('rows', () => {
  test('hold, do not hold, or say nothing', () => {
    const holds = (...ratios: number[]) => measured(rounds(...ratios), RATIO)[0]?.holds;
    expect([holds(1, 1, 1.1, 1, 1), holds(2, 2, 2.1, 2, 2), holds(1, 1.4, 1.1, 1.5, 1.2)]).toEqual([true, false, null]);
  });

  test('carry every figure of the contract', () => {
    expect(measured(rounds(1, 1, 1, 1, 1), RATIO)).toEqual([{
      id: 'B99', key: 'B99', what: 'a | b', metric: 'ratio of p50', unit: 'ms', ours: { p50: 10, p99: 11, n: 15 },
      anchor: { name: '<bare>', p50: 10, p99: 11, n: 15 }, ratio: 1, ratioCi: [1, 1], judged: 'ratio', judgedCi: [1, 1],
      op: '<=', target: 1.2, holds: true, rounds: 5, machine: MACHINE,
    }]);
  });

  test('a condition on a value is held against ours, not against the ratio', () => {
    const [row] = measured(rounds(3, 3, 3, 3, 3), { metric: 'p99', judged: 'p99', op: '<=', target: 100 });
    expect(row).toMatchObject({ ratio: 3, judgedCi: [33, 33], holds: true });
  });

  test('fewer than five rounds are never judged', () => {
    expect(measured(rounds(9, 9, 9, 9), RATIO)[0]).toMatchObject({ holds: null, reason: '4 round(s): at least 5 are needed to judge' });
  });

  test('what cannot be measured has a reason and no number', () => {
    const [row] = rowsOf(benchmark(RATIO), { kind: 'unavailable', reason: 'no sshd' }, MACHINE);
    expect(row).toMatchObject({ holds: null, reason: 'no sshd', ratio: null, ours: { p50: null, n: 0 }, anchor: { name: '<bare>', p99: null } });
  });
});

describe('line latencies', () => {
  const watch: Watch = { committed: () => Promise.resolve(), at: (n) => BigInt(n) * 5_000_000n, end: () => undefined };

  test('are commit less write, in milliseconds', () => {
    expect(latencies([{ n: 1, at: '4000000' }, { n: 2, at: '7500000' }], 2, watch)).toEqual([1, 2.5]);
  });

  test('a lost or doubled line is a fault, not a fast one', () => {
    expect(() => latencies([{ n: 1, at: '0' }], 2, watch)).toThrow('1 rows of 2 lines');
    expect(() => latencies([{ n: 1, at: '0' }, { n: 1, at: '0' }], 2, watch)).toThrow('2 rows of 2 lines');
    expect(() => latencies([{ n: 1, at: '0' }, { n: 2, at: '0' }, { n: 2, at: '0' }], 2, watch)).toThrow('3 rows of 2 lines');
  });
});

describe('reports', () => {
  test('the document has a row for each row, a plot for each measured series, and no broken cell', () => {
    const text = generated([{ id: 'B99', at: '2026-01-01', node: '24.0.0', rows: measured(rounds(1, 1, 1, 1, 1), RATIO) }]);
    expect(text).toContain('| B99 a \\| b | ratio of p50 ≤ 1.2 | 10 / 11 ms (15) | 10 / 11 ms (15) | 1 [1, 1] | holds |');
    expect(text).toContain('(../bench/results/B99.svg)');
    expect(text).toContain('* B99: 2026-01-01, Node 24.0.0, 2 × a machine; before: load 0.5, 0.1 cores busy with other work; 5 rounds.');
  });

  test('a plot is one well-formed picture with both curves', () => {
    const [series] = benchmark(RATIO).series;
    const svg = series ? plotOf(series, rounds(1, 2, 3, 4, 5)) : '';
    expect(svg.match(/<polyline /g)).toHaveLength(2);
    expect(svg).toContain('■ &lt;bare&gt; (15)');
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

describe('command line', () => {
  test('reads names and options', () => {
    expect(parseBenchArgs(['B1', '--json', '--raw', 'out'], ['B1', 'B10'])).toEqual({ ids: ['B1'], json: true, smoke: false, writeDocs: false, raw: 'out' });
  });

  test('a smoke run is never written into the documents', () => {
    expect(() => parseBenchArgs(['--smoke', '--write-docs'], [])).toThrow(/--write-docs/);
  });
});
