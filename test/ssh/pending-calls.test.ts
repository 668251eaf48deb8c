/** What waits over a link ends with it, and is kept no longer than it waits. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { PendingCalls } from '../../src/ssh/pending-calls.ts';
import { eventually } from '../support/eventually.ts';

const never = new Promise<Error>(() => undefined);

/** Answers of calls that are over. */
async function answersOf(calls: PendingCalls, count: number): Promise<WeakRef<object>[]> {
  const refs: WeakRef<object>[] = [];
  for (let at = 0; at < count; at += 1) {
    const answer = { data: 'x'.repeat(1000) };
    refs.push(new WeakRef(answer));
    await calls.untilLost(Promise.resolve(answer));
  }
  return refs;
}

describe('calls over a link', () => {
  test('settle as their answer does', async () => {
    const calls = new PendingCalls(never);
    expect(await calls.untilLost(Promise.resolve(1))).toBe(1);
    await expect(calls.untilLost(Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  test('end with the link, the next ones at once', async () => {
    const { promise: lost, resolve: lose } = Promise.withResolvers<Error>();
    const calls = new PendingCalls(lost);
    const waiting = [calls.untilLost(never), calls.untilLost(never)];
    lose(new Error('gone'));
    for (const call of waiting) await expect(call).rejects.toThrow('gone');
    await expect(calls.untilLost(Promise.resolve(1))).rejects.toThrow('gone');
  });

  test('leave nothing of their answers behind while the link lives', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const calls = new PendingCalls(never);
    const refs = await answersOf(calls, 200);
    // The last one may still be in a register of this function.
    await eventually(() => (collect(), refs.filter((ref) => ref.deref() !== undefined).length <= 1), { what: 'the answers to be collected' });
    expect(await calls.untilLost(Promise.resolve(1))).toBe(1);
  });
});
