import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { isAlive, type ProcessIdentity } from '../../src/embedded/process-identity.ts';
import { endStarted, readStarted, recordStarted } from '../../src/embedded/started.ts';
import { startTemporal } from '../../src/embedded/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';

const binary = process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '';
const log = (): void => undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdpoint-embedded-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = { binary, namespace: 'default', log };
const dbFile = (): string => join(folder, 'temporal/temporal.db');

async function attributesOf(address: string): Promise<string[]> {
  const connection = await Connection.connect({ address });
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    return Object.keys(known.customAttributes ?? {}).filter((name) => name.startsWith('Holdpoint')).sort();
  } finally {
    await connection.close();
  }
}

describe('embedded Temporal', () => {
  test('serves the namespace with our search attributes and the Web UI, and again on the same file', async () => {
    for (let time = 1; time <= 2; time++) {
      const server = await startTemporal({ ...options, dbFile: dbFile() });
      expect(await attributesOf(server.address)).toEqual(Object.keys(SEARCH_ATTRIBUTES).sort());
      await eventually(async () => (await fetch(server.uiUrl)).ok, { what: 'the Web UI' });
      expect(server.versions.server).toMatch(/^1\.\d+\.\d+/);
      await server.stop();
      expect(isAlive(server)).toBe(false);
    }
  });

  test('refuses a database file that is in use', async () => {
    const server = await startTemporal({ ...options, dbFile: dbFile() });
    await expect(startTemporal({ ...options, dbFile: dbFile() })).rejects.toMatchObject({ kind: 'folder_in_use', details: { pid: server.pid } });
    await server.stop();
  });

  test.each(['port', 'uiPort'] as const)('names the %s that is taken', async (which) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startTemporal({ ...options, dbFile: dbFile(), [which]: port })).rejects.toMatchObject({ kind: 'port_taken', details: { port } });
    other.close();
  });

  test('says so when the program named is no temporal', async () => {
    await expect(startTemporal({ ...options, binary: '/bin/true', dbFile: dbFile() })).rejects.toMatchObject({ kind: 'temporal_unreachable' });
  });
});

interface StarterReport {
  postgres: ProcessIdentity;
  temporal: ProcessIdentity;
  url: string;
  address: string;
}

async function runStarter(home: string, ...more: string[]): Promise<{ child: ChildProcess; report: StarterReport }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'starter.ts'), home, binary, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, report: JSON.parse(line.toString()) as StarterReport };
}

describe('the starter is killed', () => {
  test('both servers end by themselves, and the next start goes on at once', async () => {
    const home = join(folder, 'killed');
    const first = await runStarter(home);
    first.child.kill('SIGKILL');
    const second = await runStarter(home);
    expect([first.report.postgres, first.report.temporal].filter(isAlive)).toEqual([]);
    second.child.kill('SIGKILL');
    await eventually(() => ![second.report.postgres, second.report.temporal].some(isAlive), { what: 'both servers to end' });
  });

  test('servers that may outlive it stay, a second start is refused, and `down` ends exactly them', async () => {
    const home = join(folder, 'kept');
    const { child, report } = await runStarter(home, 'outlive');
    child.kill('SIGKILL');
    await once(child, 'close');
    const file = join(home, 'up.json');
    const bystander = { name: 'reused', pid: process.pid, start: 'of another process' };
    const processes = [{ name: 'postgres', ...report.postgres, stopSignal: 'SIGINT' as const }, { name: 'temporal', ...report.temporal }, bystander];
    recordStarted(file, { processes, addresses: { temporal: report.address, namespace: 'default', webUi: '', database: report.url } });
    expect(readStarted(file)?.processes.map(({ name }) => name)).toEqual(['postgres', 'temporal']);
    await expect(startTemporal({ ...options, dbFile: join(home, 't/t.db') })).rejects.toMatchObject({ kind: 'folder_in_use' });
    expect((await endStarted(file)).map(({ name }) => name)).toEqual(['postgres', 'temporal']);
    expect([report.postgres, report.temporal].filter(isAlive)).toEqual([]);
    expect(readStarted(file)).toBeUndefined();
    expect(await endStarted(file)).toEqual([]);
  });
});
