import { expect, test } from '@jest/globals';
import { didYouMean, nearest } from '../../src/domain/did-you-mean.ts';
import { formatDuration, parseDuration } from '../../src/domain/duration.ts';

const WORDS = ['milestones', 'maxTurns', 'timeout', 'instructions', 'priority', 'name', 'run'];

test.each([
  ['milestone', 'milestones'], ['milesotnes', 'milestones'], ['max_turns', 'maxTurns'], ['MAXTURNS', 'maxTurns'], ['timeoutMs', 'timeout'],
  ['instuction', 'instructions'], ['prio', undefined], ['nmae', 'name'], ['xyz', undefined], ['', undefined], ['a'.repeat(1_000_000),
    undefined],
])('%.20s → %s', (word, expected) => expect(nearest(word, WORDS)).toBe(expected));

test('a sentence, or nothing', () => {
  expect(didYouMean('nam', WORDS)).toBe('did you mean "name"?');
  expect(didYouMean('qqqq', WORDS)).toBeUndefined();
});

test.each([['90s', 90_000, '90s'], ['60s', 60_000, '1m'], ['24h', 86_400_000, '1d'], ['1500ms', 1500, '1500ms'], ['0s', 0, '0ms']])(
  '%s is %d ms, written %s', (text, ms, shortest) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(shortest);
  },
);

test.each(['10', 's', '1.5h', '-1s', '1 s', '1h30m', ' 1s', '1s\n',
  '1e3s'])('%j is no duration', (text) => expect(parseDuration(text)).toBeUndefined());
