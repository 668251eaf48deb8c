/** Who is told, and when: quiet hours over midnight and over changes of the clocks, batches, what a message says. */
import { expect, test } from '@jest/globals';
import { deliveryOf, dueAt, notificationOf, wants, type ChannelRule, type NotificationReason } from '../../src/domain/notification.ts';

const rule = (more: Partial<ChannelRule> = {}): ChannelRule =>
  ({ name: 'team', on: ['opened', 'reminder', 'escalated'], kinds: null, leastPriority: 'low', batchMs: 0, quiet: null, ...more });

const at = (instant: string): number => Date.parse(instant);
const due = (given: ChannelRule, priority: 'high' | 'medium' | 'low', now: string): string => new Date(dueAt(given, priority, at(now))).toISOString();

test.each<[Partial<ChannelRule>, NotificationReason, boolean]>([
  [{}, 'opened', true],
  [{ on: ['reminder'] }, 'opened', false],
  [{ on: ['reminder'] }, 'reminder', true],
  [{ kinds: ['stalled'] }, 'opened', true],
  [{ kinds: ['agent_question'] }, 'opened', false],
  [{ leastPriority: 'medium' }, 'opened', true],
  [{ leastPriority: 'high' }, 'opened', false],
])('a channel with %j is told of a medium stalled that has %s: %s', (more, why, told) => {
  expect(wants(rule(more), why, { kind: 'stalled', priority: 'medium' })).toBe(told);
});

test('a batch waits, high priority does not', () => {
  const batched = rule({ batchMs: 300_000 });
  expect(due(batched, 'medium', '2026-11-26T12:00:00Z')).toBe('2026-11-26T12:05:00.000Z');
  expect(due(batched, 'high', '2026-11-26T12:00:00Z')).toBe('2026-11-26T12:00:00.000Z');
});

const night = (zone: string, except: 'high' | null = 'high'): ChannelRule => rule({ quiet: { from: 22 * 60, to: 7 * 60, zone, except } });

test.each([
  ['21:59 is not quiet', '2026-11-26T21:59:30Z', '2026-11-26T21:59:30.000Z'],
  ['22:00 is', '2026-11-26T22:00:00Z', '2026-11-27T07:00:00.000Z'],
  ['after midnight too', '2026-11-27T03:20:10Z', '2026-11-27T07:00:00.000Z'],
  ['06:59 still', '2026-11-27T06:59:59Z', '2026-11-27T07:00:00.000Z'],
  ['07:00 is over', '2026-11-27T07:00:00Z', '2026-11-27T07:00:00.000Z'],
])('quiet from 22:00 to 07:00: %s', (_, now, expected) => {
  expect(due(night('UTC'), 'medium', now)).toBe(expected);
});

test('quiet hours are those of their zone, also in the night in which the clocks change', () => {
  expect(due(night('Europe/Berlin'), 'low', '2026-11-26T21:30:00Z')).toBe('2026-11-27T06:00:00.000Z');
  // 2026-10-25, 03:00 summer time becomes 02:00: the night is an hour longer.
  expect(due(night('Europe/Berlin'), 'low', '2026-10-24T21:30:00Z')).toBe('2026-10-25T06:00:00.000Z');
  // 2026-03-29, 02:00 becomes 03:00: the night is an hour shorter.
  expect(due(night('Europe/Berlin'), 'low', '2026-03-28T22:30:00Z')).toBe('2026-03-29T05:00:00.000Z');
});

test('the exempt priority is told at night as well, unless nothing is exempt', () => {
  expect(due(night('UTC'), 'high', '2026-11-26T23:00:00Z')).toBe('2026-11-26T23:00:00.000Z');
  expect(due(night('UTC', null), 'high', '2026-11-26T23:00:00Z')).toBe('2026-11-27T07:00:00.000Z');
});

const question = {
  id: 'shop/cart/sum.2/confidence_too_low.1', kind: 'confidence_too_low', priority: 'high', project: 'shop', milestone: 'cart', task: 'sum', turn: 2,
  openedAt: '2026-11-26T12:00:00.000Z', reason: 'Confidence 0.20 is under 0.30.', actions: ['approve', 'revise'], noteRequired: ['revise'], workflowId: 'holdpoint/shop/cart',
} as const;

test('a message names the question, its reason, every answer, and the command and the page that answer it', () => {
  const one = notificationOf('a', 'opened', { ...question, actions: [...question.actions], noteRequired: [...question.noteRequired] }, 'https://temporal/x');
  const { text, id } = deliveryOf([one]);
  expect(id).toBe('a');
  expect(text.split('\n')).toEqual([
    'Waiting for you: confidence_too_low (high) in shop / cart / sum #2',
    'Confidence 0.20 is under 0.30.',
    'Answers: approve, revise (with a note)',
    'holdpoint answer shop/cart/sum.2/confidence_too_low.1 approve',
    'https://temporal/x',
  ]);
});

test('a batch has an id of its own, the same for the same notifications', () => {
  const of = (id: string) => notificationOf(id, 'reminder', { ...question, actions: [...question.actions], noteRequired: [...question.noteRequired] }, null);
  expect(deliveryOf([of('a'), of('b')]).id).toBe(deliveryOf([of('a'), of('b')]).id);
  expect(deliveryOf([of('a'), of('b')]).id).not.toBe(deliveryOf([of('a'), of('c')]).id);
});
