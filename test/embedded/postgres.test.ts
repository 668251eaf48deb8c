import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { isAlive, processStart } from '../../src/embedded/process-identity.ts';
import { startPostgres, type EmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { eventually } from '../support/eventually.ts';

const log = (): void => undefined;
let folder: string;
const dataDir = (): string => join(folder, 'pg');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdpoint-embedded-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function withServer<T>(use: (server: EmbeddedPostgres) => Promise<T>): Promise<T> {
  const server = await startPostgres({ dataDir: dataDir(), log });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

describe('embedded Postgres', () => {
  test('serves a database of its own on loopback, durable, behind a password that only its owner reads', async () => {
    await withServer(async ({ url, port, version }) => {
      expect(version).toMatch(/^18\./);
      const [row] = await query<object>(url, `select current_setting('fsync') fsync, current_setting('listen_addresses') listens,
        current_setting('unix_socket_directories') sockets, current_database() name, current_setting('timezone') tz`);
      expect(row).toEqual({ fsync: 'on', listens: '127.0.0.1', sockets: '', name: 'holdpoint', tz: 'UTC' });
      expect((await stat(join(dataDir(), 'password'))).mode & 0o777).toBe(0o600);
      await expect(query(`postgresql://holdpoint:wrong@127.0.0.1:${port}/holdpoint`, 'select 1')).rejects.toThrow(/password authentication failed/);
    });
  });

  test('keeps its data from one start to the next, with the same password', async () => {
    await withServer(({ url }) => query(url, 'create table kept as select 42 as answer'));
    await withServer(async ({ url }) => expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]));
  });

  test('stop ends the process and may be repeated', async () => {
    const server = await startPostgres({ dataDir: dataDir(), log });
    expect(isAlive(server)).toBe(true);
    await server.stop();
    await server.stop();
    expect(isAlive(server)).toBe(false);
  });

  test('refuses a folder that is in use, naming the process, and leaves the first alone', async () => {
    await withServer(async ({ url, pid }) => {
      await expect(startPostgres({ dataDir: dataDir(), log })).rejects.toMatchObject({ kind: 'folder_in_use', message: expect.stringContaining(String(pid)) });
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    });
  });

  test('recovers after the server was killed, though its lock names a pid that lives again', async () => {
    const server = await startPostgres({ dataDir: dataDir(), log });
    await query(server.url, 'create table survived as select 1');
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    const lock = join(dataDir(), 'cluster/postmaster.pid');
    const lines = (await readFile(lock, 'utf8')).split('\n');
    await writeFile(lock, [String(process.pid), ...lines.slice(1)].join('\n'));
    await withServer(async ({ url }) => expect(await query(url, 'select * from survived')).toHaveLength(1));
  });

  test('names the port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startPostgres({ dataDir: dataDir(), port, log })).rejects.toMatchObject({ kind: 'port_taken', details: { port } });
    other.close();
  });

  test('a killed set-up leaves nothing that the next start takes for a database', async () => {
    const fresh = join(folder, 'half');
    const script = `import {startPostgres} from ${JSON.stringify(join(import.meta.dirname, '../../src/embedded/postgres.ts'))};
      await startPostgres({dataDir: ${JSON.stringify(fresh)}, log: () => undefined});`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'ignore' });
    await eventually(async () => (await stat(join(fresh, 'password'))).isFile(), { what: 'initdb at work' });
    child.kill('SIGKILL');
    await once(child, 'close');
    const server = await startPostgres({ dataDir: fresh, log });
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(processStart(server.pid)).toBeUndefined();
  });
});
