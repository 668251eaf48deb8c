import { expect, test } from '@jest/globals';
import { opposed, type Result } from '../../src/domain/opposed.ts';

const result = (quality: number | null, ...outcomes: Result['checks'][number]['outcome'][]): Result => ({ quality, checks: outcomes.map((outcome) => ({ outcome })) });

test.each<[string, Result, Result, ReturnType<typeof opposed>]>([
  ['checks for a, scores for b', result(0.4, 'pass', 'fixed'), result(0.9, 'newlyFailing', 'pass'), { checks: 'a', quality: 'b' }],
  ['checks for b, scores for a', result(0.9, 'timeout'), result(0.5, 'fixed'), { checks: 'b', quality: 'a' }],
  ['both for one', result(0.9, 'pass'), result(0.4, 'stillFailing'), null],
  ['scores too close', result(0.6, 'pass'), result(0.9, 'stillFailing'), null],
  ['checks alike', result(0.1, 'pass'), result(0.9, 'pass'), null],
  ['no scores', result(null, 'pass'), result(0.9, 'stillFailing'), null],
  ['no checks', result(0.1), result(0.9), null],
])('%s', (_, a, b, expected) => {
  expect(opposed(a, b)).toEqual(expected);
});
