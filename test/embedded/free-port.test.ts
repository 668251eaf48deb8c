/** A port that was free a moment ago and is taken when a server wants it. */
import { expect, test } from '@jest/globals';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import { onFreePorts, portTaken } from '../../src/embedded/free-port.ts';

/** Fails so often before it starts. */
function failing(times: number, error: HoldpointError): { start: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return { start: async () => ((tries += 1) <= times ? Promise.reject(error) : 'serves'), tries: () => tries };
}

test('a server whose own choice was taken chooses again, three times at most', async () => {
  const chosen = portTaken(40_000, 'Temporal');
  const [twice, always] = [failing(2, chosen), failing(9, chosen)];
  expect(await onFreePorts([undefined, 8233], twice.start)).toBe('serves');
  await expect(onFreePorts([undefined], always.start)).rejects.toBe(chosen);
  expect([twice.tries(), always.tries()]).toEqual([3, 3]);
});

test.each([
  ['a port that was asked for', portTaken(8233, 'the Temporal Web UI')], ['anything else', new HoldpointError('folder_in_use', 'it is in use')],
])('%s is told at once', async (_, error) => {
  const one = failing(9, error);
  await expect(onFreePorts([7233, 8233], one.start)).rejects.toBe(error);
  expect(one.tries()).toBe(1);
});
