/** What a plan may have answered by itself: never an approval of something dangerous, whatever it says. */
import { describe, expect, test } from '@jest/globals';
import { afterDue, automaticActions, byUrgency, nextDue, reminderGapMs, timersOf, whyNotAutomatic } from '../../src/domain/automatic.ts';
import { BREAKPOINT_KINDS, BREAKPOINTS, type AnswerAction, type BreakpointKind, type Priority } from '../../src/domain/breakpoints.ts';
import type { BreakpointPolicy } from '../../src/domain/plan.ts';
import { GOOD_PLAN, goodPlan, mistakes } from '../support/plans.ts';
import { pick, seededRandom } from '../support/random.ts';

const AT = '2026-01-01T00:00:00.000Z';
const at = (ms: number): string => new Date(Date.parse(AT) + ms).toISOString();
const ACTIONS = [...new Set(BREAKPOINT_KINDS.flatMap((kind) => BREAKPOINTS[kind].actions))];
const pairs = BREAKPOINT_KINDS.flatMap((kind) => ACTIONS.filter((action) => BREAKPOINTS[kind].actions.includes(action) || action === 'allow').map((action) => [kind, action] as const));

const timers = (kind: BreakpointKind, policy: Partial<BreakpointPolicy>, priority: Priority = BREAKPOINTS[kind].priority) =>
  timersOf({ enabled: true, priority: null, ...policy }, { kind, openedAt: AT, priority });

/** The words by which something would be let happen; written here once more, so that a change of the rules is noticed. */
const LETS: AnswerAction[] = ['approve', 'allow', 'allow-always', 'keep', 'finish', 'resolved', 'skip-review', 'answer', 'extend', 'wait', 'skip', 'revise'];
const DANGEROUS: BreakpointKind[] = ['destructive_operation', 'permission_request', 'evidence_weakened'];

const plan = (kind: string, entry: string): string => GOOD_PLAN.replace('policy:', `policy:\n  breakpoints: {${kind}: ${entry}}`);

describe('no time-out approves something dangerous', () => {
  test('the dangerous kinds are those of the design', () => {
    expect(BREAKPOINT_KINDS.filter((kind) => BREAKPOINTS[kind].dangerous).sort()).toEqual(DANGEROUS.toSorted());
  });

  test.each(pairs)('%s with %s: the plan and the question agree, and nothing dangerous is let happen', (kind, action) => {
    const why = whyNotAutomatic(kind, action);
    const refused = why !== undefined;
    const given = timers(kind, { automatic: { afterMs: 1_000, then: action } })?.automatic;
    expect(given === undefined).toBe(refused);
    const text = plan(kind, `{after: 1h, then: ${action}}`);
    if (refused) expect(mistakes(text)).toEqual([expect.stringMatching(new RegExp(`^6:.*policy\\.breakpoints\\.${kind}\\.then: .*possible: `))]);
    else expect(goodPlan(text).plan.policy.breakpoints[kind]?.automatic).toEqual({ afterMs: 3_600_000, then: action });
    if (DANGEROUS.includes(kind) && LETS.includes(action)) expect(refused).toBe(true);
    if (['breaking_test_failure', 'consecutive_failures'].includes(kind) && action === 'approve') expect(refused).toBe(true);
  });

  test('random policies: what is due next is never such an approval, however often it is asked', () => {
    const random = seededRandom(5);
    for (let n = 0; n < 2_000; n++) {
      const kind = pick(random, BREAKPOINT_KINDS);
      const policy = {
        automatic: { afterMs: 1 + Math.floor(random() * 1e9), then: pick(random, ACTIONS) },
        ...(random() < 0.5 && { remindMs: 1 + Math.floor(random() * 1e8) }),
        ...(random() < 0.5 && { escalate: { afterMs: 1 + Math.floor(random() * 1e9), priority: pick(random, ['low', 'medium', 'high'] as const) } }),
      };
      let left = timers(kind, policy) ?? {};
      for (let due = nextDue({ timers: left }), steps = 0; due && steps < 20; due = nextDue({ timers: left }), steps++) {
        if (due.what === 'answer') {
          expect(automaticActions(kind)).toContain(due.action);
          expect([kind, DANGEROUS.includes(kind) && LETS.includes(due.action)]).toEqual([kind, false]);
          break;
        }
        left = afterDue(left, due, due.at);
      }
    }
  });

  test('each kind has an answer that may be given', () => {
    for (const kind of BREAKPOINT_KINDS) expect(automaticActions(kind)).toContain('abort');
  });
});

describe('what a plan may not say', () => {
  test.each([
    ['stalled', '{after: 1h}', 'policy.breakpoints.stalled.after: says when but not what: name an answer with "then"'],
    ['stalled', '{then: retry}', 'policy.breakpoints.stalled.then: says what but not when: name a length of time with "after"'],
    ['stalled', '{after: 1h, then: approve}', 'policy.breakpoints.stalled.then: "approve" is no answer to stalled; possible: wait, retry, abort'],
    ['permission_request', '{after: 1h, then: allow}', 'permission_request is about something dangerous: no time-out approves it; possible: deny, abort'],
    ['evidence_weakened', '{after: 1h, then: approve}', 'evidence_weakened is about something dangerous: no time-out approves it; possible: '],
    ['breaking_test_failure', '{after: 1h, then: approve}', 'breaking_test_failure means that a required check fails: no time-out approves that; possible: retry, skip,'],
    ['agent_question', '{after: 1h, then: answer}', '"answer" needs a note, and nobody would write one; possible: abort'],
    ['merge_conflict', '{after: 1h, then: resolved}', 'only a person can say that merge_conflict is resolved; possible: retry,'],
    ['host_unreachable', '{escalate: {after: 1d}}', 'policy.breakpoints.host_unreachable.escalate: raises nothing: host_unreachable begins with priority high'],
    ['stalled', '{remind: 10ms}', 'policy.breakpoints.stalled.remind: must be between 1s and 30d'],
  ])('%s: %s', (kind, entry, message) => {
    expect(mistakes(plan(kind, entry))).toEqual([expect.stringContaining(message)]);
  });
});

describe('the times of a question', () => {
  test('follow from the moment it opened', () => {
    const { breakpoints } = goodPlan(plan('stalled', '{priority: low, after: 30m, then: retry, remind: 4h, escalate: {after: 1d, priority: medium}}')).plan.policy;
    expect(timersOf(breakpoints.stalled, { kind: 'stalled', openedAt: AT, priority: 'low' })).toEqual({
      automatic: { at: at(1_800_000), action: 'retry' }, remind: { at: at(14_400_000), everyMs: 14_400_000, n: 1 }, escalate: { at: at(86_400_000), priority: 'medium' },
    });
    expect(timersOf({ enabled: true, priority: null }, { kind: 'stalled', openedAt: AT, priority: 'low' })).toBeUndefined();
    expect(timersOf(undefined, { kind: 'stalled', openedAt: AT, priority: 'low' })).toBeUndefined();
  });

  test('reminders come after twice as long each time, up to a day, or what the plan says', () => {
    const hours = (every: number) => [1, 2, 3, 4, 5, 40].map((n) => reminderGapMs(every * 3_600_000, n) / 3_600_000);
    expect(hours(4)).toEqual([4, 8, 16, 24, 24, 24]);
    expect(hours(48)).toEqual([48, 48, 48, 48, 48, 48]);
  });

  test('a reminder that was missed is given once, the next counts from then', () => {
    const left = afterDue({ remind: { at: at(10), everyMs: 10, n: 1 } }, { what: 'remind', at: at(10), n: 1 }, at(5_000));
    expect(left).toEqual({ remind: { at: at(5_020), everyMs: 10, n: 2 } });
  });

  test('an answer goes before all else, and the earlier of two times counts', () => {
    const automatic = { at: at(10), action: 'abort' } as const;
    expect(nextDue({ timers: { remind: { at: at(10), everyMs: 5, n: 3 }, escalate: { at: at(10), priority: 'high' }, automatic } })).toMatchObject({ what: 'answer' });
    expect(nextDue({ until: at(5), timers: { automatic } })).toEqual({ what: 'answer', at: at(5), action: 'retry', by: 'the timer' });
    expect(nextDue({ until: at(50), timers: { automatic } })).toEqual({ what: 'answer', ...automatic, by: 'the plan' });
    expect(nextDue({})).toBeNull();
  });

  test('the most urgent come first, of those the oldest', () => {
    const list = [{ priority: 'low', openedAt: at(1) }, { priority: 'high', openedAt: at(3) }, { priority: 'high', openedAt: at(2) }, { priority: 'medium', openedAt: at(0) }] as const;
    expect(list.toSorted(byUrgency).map(({ openedAt }) => Date.parse(openedAt) - Date.parse(AT))).toEqual([2, 3, 0, 1]);
  });
});
