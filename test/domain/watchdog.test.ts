import { describe, expect, test } from '@jest/globals';
import { describeStall, roundOf, stallOf, WATCHDOG_DEFAULTS, type Shown } from '../../src/domain/watchdog.ts';
import { seededRandom } from '../support/random.ts';

const calls = (text: string): string[] => [...text];

describe('roundOf', () => {
  test.each([
    ['aaa', 3, 1], ['baaa', 3, 1], ['aab', 3, null], ['aa', 3, null], ['ababab', 3, 2], ['xbabababa', 4, 2], ['abcabcabc', 3, 3], ['abcdabcdabcd', 3, null],
    ['abcabcab', 3, null], ['aabaabaab', 3, 3], ['', 3, null],
  ])('%s, %s times: %s', (text, times, length) => {
    expect(roundOf(calls(text), times)).toBe(length);
  });

  test('any work that is never the same four times in a row of three is no round', () => {
    const random = seededRandom(4);
    for (let n = 0; n < 200; n += 1) {
      const all = Array.from({ length: 60 }, (_, at) => (at % 4 === 3 ? `edit ${at}` : `call ${Math.floor(random() * 3)}`));
      expect(roundOf(all, 4)).toBeNull();
    }
  });
});

const shown = (more: Partial<Shown>): Shown => ({ silentMs: 0, openTool: null, calls: [], lastTool: null, ...more });
const { silentAfterMs, silentInToolAfterMs, sameCalls } = WATCHDOG_DEFAULTS;

test.each([
  ['thinks', shown({ silentMs: silentAfterMs - 1 }), null],
  ['says nothing', shown({ silentMs: silentAfterMs }), 'The agent lives and has said nothing for 10 minutes.'],
  ['says nothing, which a tool would have told', shown({ silentMs: silentInToolAfterMs, openTool: 'Bash' }), 'The agent lives and has said nothing for 3 minutes while Bash runs.'],
  ['a tool is slow', shown({ silentMs: silentInToolAfterMs - 1, openTool: 'Bash' }), null],
  ['the same call', shown({ calls: calls('a'.repeat(sameCalls)), lastTool: 'Read' }), 'The agent has made the same call of Read 8 times with nothing else between.'],
  ['to and fro', shown({ calls: calls('ab'.repeat(sameCalls)), lastTool: 'Edit' }), 'The agent has made the same 2 calls in turn, the last of Edit, 8 times with nothing else between.'],
])('%s', (_what, given, wanted) => {
  const stall = stallOf(WATCHDOG_DEFAULTS, given);
  expect(stall && describeStall(stall)).toBe(wanted);
});
