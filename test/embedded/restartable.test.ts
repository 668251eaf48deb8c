import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { startRestartablePostgres, startRestartableTemporal, type Stop } from '../../src/embedded/restartable.ts';

const log = (): void => undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdpoint-restartable-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const serves = (address: string): Promise<boolean> =>
  Connection.connect({ address, connectTimeout: '1s' }).then((connection) => connection.close().then(() => true), () => false);

test('Postgres comes back at its address with what was committed, after a crash too', async () => {
  const server = await startRestartablePostgres({ dataDir: join(folder, 'pg'), log });
  await query(server.url, 'create table kept (n int)');
  const ways: Stop[] = ['orderly', 'crash'];
  for (const [n, how] of ways.entries()) {
    await query(server.url, `insert into kept values (${n})`);
    await server.stop(how);
    await expect(query(server.url, 'select 1')).rejects.toThrow();
    await server.start();
  }
  expect(await query(server.url, 'select n from kept order by n')).toEqual([{ n: 0 }, { n: 1 }]);
  await server.stop();
}, 300_000);

test('Temporal comes back at its address', async () => {
  const binary = process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '';
  const server = await startRestartableTemporal({ binary, dbFile: join(folder, 'temporal/temporal.db'), namespace: 'default', log });
  await server.stop('crash');
  expect(await serves(server.address)).toBe(false);
  await server.start();
  expect(await serves(server.address)).toBe(true);
  await server.stop();
}, 300_000);
