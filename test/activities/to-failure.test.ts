/** Every error of ours becomes one failure of Temporal's, and nothing secret travels along. */
import { expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { toFailure, translated } from '../../src/activities/to-failure.ts';
import { FAILURES, HoldpointError, type FailureKind } from '../../src/domain/failure-kind.ts';

test.each(Object.entries(FAILURES))('%s', (kind, { retryable }) => {
  const error = new HoldpointError(kind as FailureKind, 'what happened', { hint: 'what to do', details: { lease: 1 }, cause: new Error('secret cause') });
  const failure = toFailure(error) as ApplicationFailure;
  expect(failure).toMatchObject({ type: kind, message: 'what happened (what to do)', nonRetryable: !retryable, details: [{ lease: 1 }] });
  expect(failure.cause).toBeUndefined();
});

test.each([
  ['an Error', new Error('boom'), 'boom'],
  ['a thrown text', 'boom', 'boom'],
  ['a very long one', new Error('x'.repeat(9_000)), 'x'.repeat(2_000)],
])('%s is internal, may be retried, and brings no cause', (_, thrown, message) => {
  const failure = toFailure(thrown) as ApplicationFailure;
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'internal', message, nonRetryable: false });
  expect(failure.cause).toBeUndefined();
});

test("what is Temporal's already passes through", () => {
  for (const error of [new CancelledFailure('cancelled'), ApplicationFailure.nonRetryable('no', 'policy')]) expect(toFailure(error)).toBe(error);
});

test('a translated group keeps names, arguments and results', async () => {
  const group = translated({ double: async (n: number) => n * 2, fail: async () => Promise.reject(new HoldpointError('policy', 'no')) });
  expect(await group.double(21)).toBe(42);
  await expect(group.fail()).rejects.toMatchObject({ type: 'policy', nonRetryable: true });
});
