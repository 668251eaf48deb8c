/** Where Temporal is looked for, and what is said when it is not there. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import { connectNative, connectTemporal, temporalTarget } from '../../src/temporal/connection.ts';
import { missingSearchAttributes, registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { CONNECT, newNamespace, testAddress } from '../support/temporal-worker.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdpoint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('temporalTarget', () => {
  test('is what is given, then the environment, then the profile, then the default', async () => {
    const file = join(folder, 'temporal.toml');
    await writeFile(file, '[profile.work]\naddress = "profile:1"\nnamespace = "team"\n');
    const none = { TEMPORAL_CONFIG_FILE: join(folder, 'absent.toml') };
    const profile = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'work' };
    expect(temporalTarget({ env: none })).toMatchObject({ address: '127.0.0.1:7233', namespace: 'default' });
    expect(temporalTarget({ env: profile })).toMatchObject({ address: 'profile:1', namespace: 'team' });
    expect(temporalTarget({ env: { ...profile, TEMPORAL_ADDRESS: 'env:2', TEMPORAL_NAMESPACE: undefined } })).toMatchObject({ address: 'env:2', namespace: 'team' });
    expect(temporalTarget({ env: { ...none, TEMPORAL_ADDRESS: 'env:2' }, address: 'given:3', namespace: 'n' })).toMatchObject({ address: 'given:3', namespace: 'n' });
  });

  test('refuses a profile it cannot read', async () => {
    const file = join(folder, 'broken.toml');
    await writeFile(file, '[profile.');
    expect(() => temporalTarget({ env: { TEMPORAL_CONFIG_FILE: file } })).toThrow(expect.objectContaining({ kind: 'bad_input' }));
    expect(() => temporalTarget({ env: { TEMPORAL_CONFIG_FILE: join(folder, 'absent.toml'), TEMPORAL_PROFILE: 'nobody' } })).toThrow(expect.objectContaining({ kind: 'bad_input' }));
  });
});

describe('a Temporal that is not there', () => {
  test.each([['client', connectTemporal], ['worker', connectNative]])('is named with its address and the way out (%s)', async (_, connect) => {
    // Takes connections and never says a word: worse than a closed port.
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const error = await connect({ env: {}, address: `127.0.0.1:${port}`, deadlineMs: 500 }).catch((e: unknown) => e);
    for (const socket of sockets) socket.destroy();
    mute.close();
    expect(error).toBeInstanceOf(HoldpointError);
    expect(error).toMatchObject({ kind: 'temporal_unreachable', message: `Temporal does not answer at 127.0.0.1:${port}`, hint: expect.stringContaining('TEMPORAL_ADDRESS') });
    const closed = await connect({ env: {}, address: `127.0.0.1:${port}`, deadlineMs: 500 }).catch((e: unknown) => e);
    expect(closed).toMatchObject({ kind: 'temporal_unreachable' });
  });
});

describe('search attributes', () => {
  test('are registered once, by many at the same time', async () => {
    const namespace = await newNamespace(testAddress());
    const temporal = await connectTemporal({ ...CONNECT, address: testAddress(), namespace });
    await temporal.connection.operatorService.removeSearchAttributes({ namespace, searchAttributes: ['HoldpointHost', 'HoldpointCostUsd'] });
    expect((await missingSearchAttributes(temporal.connection, namespace)).sort()).toEqual(['HoldpointCostUsd', 'HoldpointHost']);
    const made = await Promise.all([1, 2, 3].map(() => registerSearchAttributes(temporal.connection, namespace)));
    expect(made.flat()).toContain('HoldpointHost');
    expect(await registerSearchAttributes(temporal.connection, namespace)).toEqual([]);
    await temporal.close();
  });
});
