/** Servers that are away or of another version: which one, where, what to do. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDb } from '../../src/db/client.ts';
import { startCli } from '../support/cli.ts';
import { errorOf } from '../support/documents.ts';
import { scratch, type Scratch } from '../support/scratch.ts';
import { freePort } from '../support/sshd.ts';
import { startSilentServer, type SilentServer } from '../support/silent-server.ts';
import { newNamespace, testAddress } from '../support/temporal-worker.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/test-db.ts';
import { planText } from './plans.ts';

jest.setTimeout(300_000);

let here: Scratch;
let database: TestDatabase;
let port: number;

beforeAll(async () => {
  database = await createEmptyDatabase();
  port = await freePort();
  here = scratch({ DATABASE_URL: database.url, TEMPORAL_ADDRESS: testAddress(), TEMPORAL_NAMESPACE: await newNamespace(testAddress()) });
  here.write('holdpoint.yaml', planText({ project: 'p', workspace: { host: 'local', path: '/tmp/nowhere' } }));
});

afterAll(async () => {
  here.remove();
  await database.drop();
});

const run = (env: Record<string, string>, ...args: string[]) => {
  const away = { ...here.env, ...env };
  return startCli(args, { env: away, cwd: here.dir });
};

async function failed(env: Record<string, string>, ...args: string[]): Promise<{ code: number | null; kind: string; message: string; hint?: string | undefined }> {
  const one = run(env, ...args, '--json');
  const code = await one.exited;
  const { kind, message, hint } = errorOf({ stdout: one.stdout() });
  return { code, kind, message, hint };
}

describe('Postgres', () => {
  test.each([[['status']], [['inbox']], [['start', 'holdpoint.yaml', '--register-only']], [['migrate']]])('away: %j', async (args) => {
    expect(await failed({ DATABASE_URL: `postgres://ada:secret@127.0.0.1:${port}/holdpoint` }, ...args)).toEqual({
      code: 5, kind: 'database_unreachable', message: expect.stringMatching(`^Postgres at 127.0.0.1:${port}/holdpoint \\(user ada\\) does not answer: `),
      hint: expect.stringMatching(/holdpoint up|DATABASE_URL/),
    });
  });

  test('a wrong address is told without its password', async () => {
    const { code, kind, message } = await failed({ DATABASE_URL: 'mysql://ada:secret@db/x' }, 'status');
    expect({ code, kind }).toEqual({ code: 2, kind: 'bad_input' });
    expect(message).not.toContain('secret');
  });
});

describe('Temporal', () => {
  test.each([[['answer', 'p/m/milestone_completion.1', 'approve']], [['pause', 'p']], [['cancel', 'p']], [['start', 'holdpoint.yaml']]])('away: %j', async (args) => {
    expect(await failed({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, ...args)).toEqual({
      code: 5, kind: 'temporal_unreachable', message: `Temporal does not answer at 127.0.0.1:${port}`, hint: 'start one with `holdpoint up`, or say where it is in TEMPORAL_ADDRESS',
    });
  });
});

describe('a server that takes the connection and stays silent', () => {
  let silent: SilentServer;
  beforeAll(async () => {
    silent = await startSilentServer();
  });
  afterAll(() => silent.close());

  test.each([['SIGINT', ['status']], ['SIGTERM', ['pause', 'p']], ['SIGINT', ['start', 'holdpoint.yaml']]] as const)('%s leaves %j at once', async (signal, args) => {
    const before = silent.connections();
    const one = run({ DATABASE_URL: `postgres://u@127.0.0.1:${silent.port}/d`, TEMPORAL_ADDRESS: `127.0.0.1:${silent.port}` }, ...args);
    await silent.connected(before + 1);
    expect(await one.end(signal)).toBe(130);
    expect(one.stdout() + one.stderr()).toBe('');
  });
});

describe('migrate', () => {
  test('brings an empty database up to date, once', async () => {
    const first = await here.cli('migrate', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toEqual({ applied: expect.arrayContaining(['0001_initial']), searchAttributes: [] });
    expect(await here.cli('migrate')).toEqual({ code: 0, stderr: '', stdout: 'the database is up to date\n' });
    expect(await failed({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, 'migrate')).toMatchObject({ code: 5, kind: 'temporal_unreachable' });
    const alone = run({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, 'migrate', '--database-only');
    expect({ code: await alone.exited, stdout: alone.stdout() }).toEqual({ code: 0, stdout: 'the database is up to date\n' });
  });

  test('refuses a database that is newer than the program, whatever is asked', async () => {
    const { db, close } = openDb(database.url);
    await sql`insert into kysely_migration (name, timestamp) values ('9999_later', '2999-01-01T00:00:00.000Z')`.execute(db);
    for (const args of [['migrate'], ['migrate', '--database-only'], ['migrate', '--down']]) {
      expect(await failed({}, ...args)).toEqual({
        code: 1, kind: 'database_mismatch', message: expect.stringContaining('9999_later'), hint: expect.stringContaining('Holdpoint version'),
      });
    }
    await sql`delete from kysely_migration where name = '9999_later'`.execute(db);
    await close();
  });

  test('--down takes everything back', async () => {
    expect(await here.cli('migrate', '--down')).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^taken back: .*0001_initial/) });
    expect(await here.cli('migrate', '--down')).toEqual({ code: 0, stderr: '', stdout: 'nothing to take back\n' });
    const result = await here.cli('status', '--json');
    expect({ code: result.code, ...errorOf(result) }).toMatchObject({ code: 1, kind: 'database_mismatch', hint: 'run `holdpoint migrate`' });
  });
});
