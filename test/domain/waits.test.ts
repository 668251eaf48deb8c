import { describe, expect, test } from '@jest/globals';
import { tooFull, accountOf, type UsageWindow } from '../../src/domain/usage.ts';
import { backoffMs, clockTime, resumeAt } from '../../src/domain/waits.ts';
import { seededRandom } from '../support/random.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
const minutesTo = (instant: string): number => (Date.parse(instant) - NOW) / 60_000;

describe('when to try again', () => {
  test('without a known reset: 1, 2, 4 … 30 minutes, never more', () => {
    expect([0, 1, 2, 3, 4, 5, 99].map((before) => backoffMs(before, 0) / 60_000)).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect([0, 1, 5].map((before) => backoffMs(before, 1) / 60_000)).toEqual([0.8, 1.6, 24]);
  });

  test('never before a known reset, and at most a minute after it', () => {
    const random = seededRandom(11);
    for (let n = 0; n < 1_000; n += 1) {
      const reset = random() * 600;
      const late = minutesTo(resumeAt(at(reset), NOW, 0, random())) - reset;
      expect(late).toBeGreaterThanOrEqual(-1e-4);
      expect(late).toBeLessThanOrEqual(Math.min(1, reset * 0.1) + 1e-4);
    }
  });

  test('a reset that has passed, or none, is no reset', () => {
    for (const reset of [null, 'nonsense', at(-5), at(0)]) expect(minutesTo(resumeAt(reset, NOW, 2, 0))).toBe(4);
  });

  test('an API that rejects again and again with a reset a second away is not asked every second', () => {
    const second = at(1 / 60);
    expect([0, 1, 2, 3].map((before) => Math.round(minutesTo(resumeAt(second, NOW, before, 0))))).toEqual([0, 1, 2, 4]);
  });

  test('is told as a time of day, with the day where that is not plain', () => {
    expect([at(125), at(60 * 30)].map((instant) => clockTime(instant, NOW))).toEqual(['14:05 UTC', '2026-06-02 18:00 UTC']);
  });
});

describe('a window that is too full', () => {
  const window = (change: Partial<UsageWindow> = {}): UsageWindow => ({ name: 'five_hour', utilization: 0.96, status: 'allowed', resetsAt: at(60), ...change });
  const hold = (windows: UsageWindow[], startBelow: number | null = 0.95, skipped?: string) => tooFull(windows, { startBelow, nowMs: NOW, skipped })?.until;

  test.each<[what: string, windows: UsageWindow[], until: string | undefined]>([
    ['over the share', [window()], at(60)],
    ['exactly at the share', [window({ utilization: 0.95 })], at(60)],
    ['under the share', [window({ utilization: 0.94 })], undefined],
    ['rejected without a number', [window({ utilization: null, status: 'rejected' })], at(60)],
    ['nothing known', [window({ utilization: null })], undefined],
    ['full, but its reset has passed', [window({ utilization: 1, status: 'rejected', resetsAt: at(-1) })], undefined],
    ['full without a reset', [window({ resetsAt: null })], undefined],
    ['two full ones: the later reset', [window(), window({ name: 'seven_day', resetsAt: at(999) })], at(999)],
    ['full for another model only', [window({ name: 'seven_day_opus' })], undefined],
    ['none', [], undefined],
  ])('%s', (_, windows, until) => expect(hold(windows)).toBe(until));

  test('the plan may say another share, or none', () => {
    expect([hold([window({ utilization: 0.5 })], 0.5), hold([window()], 0.97), hold([window({ utilization: 1 })], null)]).toEqual([at(60), undefined, undefined]);
  });

  test('one that resets by the instant a person passed over does not hold; a later one does', () => {
    expect([hold([window()], 0.95, at(60)), hold([window()], 0.95, at(59))]).toEqual([undefined, at(60)]);
  });
});

test('an account is named by its credential\'s place, never by the credential', () => {
  expect([
    accountOf({ name: 'claude-code', auth: { kind: 'login' } }),
    accountOf({ name: 'claude-code', auth: { kind: 'apiKey', source: { on: 'worker', env: 'KEY' } } }),
    accountOf({ name: 'claude-code', auth: { kind: 'oauthToken', source: { on: 'host', file: '/run/token' } } }),
  ]).toEqual(['claude-code login', 'claude-code apiKey worker KEY', 'claude-code oauthToken host /run/token']);
});
