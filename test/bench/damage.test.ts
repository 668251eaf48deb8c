/** What B3 counts, and where its faults strike. */
import { expect, test } from '@jest/globals';
import { damageOf, schedule, sharesOf } from '../../bench/b3/lines.ts';
import { seededRandom } from '../../src/domain/random.ts';

test.each([
  ['all there', [1, 2, 3, 4], { lost: 0, duplicated: 0 }],
  ['in another order', [4, 2, 1, 3], { lost: 0, duplicated: 0 }],
  ['one is missing', [1, 2, 4], { lost: 1, duplicated: 0 }],
  ['one is there three times', [1, 2, 2, 2, 3, 4], { lost: 0, duplicated: 2 }],
  ['missing and twice, so that the number of rows is right', [1, 2, 2, 4], { lost: 1, duplicated: 1 }],
  ['a piece of a line instead of it', [1, 2, NaN, 4], { lost: 1, duplicated: 1 }],
  ['a line that nobody wrote', [1, 2, 3, 4, 5], { lost: 0, duplicated: 1 }],
  ['nothing', [], { lost: 4, duplicated: 0 }],
])('%s', (_, numbers, damage) => {
  expect(damageOf(numbers, 4)).toEqual(damage);
});

test('each fault strikes once, each in its own share of the lines, none in the last', () => {
  const faults = ['a', 'b', 'c', 'd'];
  for (let seed = 1; seed <= 200; seed += 1) {
    const strikes = schedule(seededRandom(seed), faults, 2_000);
    expect(strikes.map(({ fault }) => fault).sort()).toEqual(faults);
    expect(strikes.map(({ at }) => Math.floor((at - 1) / 400))).toEqual([0, 1, 2, 3]);
  }
});

test('whoever has written its share up to the end has written the line at which the fault strikes', () => {
  for (const [count, lines] of [[1, 300], [2, 300], [4, 2_000], [3, 10], [6, 100]] as const) {
    const faults = Array.from({ length: count }, (_, n) => String(n));
    const shares = sharesOf(count, lines);
    expect(shares.every((end, n) => end > (shares[n - 1] ?? 0) && end < lines)).toBe(true);
    for (let seed = 1; seed <= 50; seed += 1) {
      expect(schedule(seededRandom(seed), faults, lines).filter(({ at }, n) => at > (shares[n] ?? 0))).toEqual([]);
    }
  }
});

test('the same seed strikes in the same way, another one in another', () => {
  const of = (seed: number): unknown => schedule(seededRandom(seed), ['a', 'b', 'c', 'd'], 2_000);
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
});
