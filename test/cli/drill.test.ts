/** What `drill` refuses before it breaks anything. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { errorOf } from '../support/documents.ts';
import { scratch, type Scratch } from '../support/scratch.ts';
import { freePort } from '../support/sshd.ts';
import { newNamespace, testAddress } from '../support/temporal-worker.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-db.ts';

jest.setTimeout(300_000);

let here: Scratch;
let database: TestDatabase;
let closedPort: number;

beforeAll(async () => {
  database = await createTestDatabase();
  closedPort = await freePort();
  here = scratch({ DATABASE_URL: database.url, TEMPORAL_ADDRESS: testAddress(), TEMPORAL_NAMESPACE: await newNamespace(testAddress()) });
  here.env.HOLDPOINT_SSH_CONFIG_FILE = here.write('ssh_config', `Host away\n  HostName 127.0.0.1\n  Port ${closedPort}\n`);
});

afterAll(async () => {
  here.remove();
  await database.drop();
});

async function refusal(...args: string[]): Promise<[number | null, string]> {
  const { code, stdout } = await here.cli('drill', '--json', ...args);
  return [code, errorOf({ stdout }).kind];
}

test.each([
  [['--fault', 'worker-kil'], 2, 'bad_input'], [['--seed', 'often'], 2, 'bad_input'], [['--seed', '99999999999'], 2, 'bad_input'], [['--keep'], 2, 'bad_input'],
  [['--host', 'no-such-host-anywhere.invalid'], 2, 'unknown_host'], [['--host', '-oops'], 2, 'bad_input'], [['--host', 'away'], 5, 'host_unreachable'],
])('%j', async (args, code, kind) => {
  expect(await refusal(...args)).toEqual([code, kind]);
});

test('a name that is nearly one is told', async () => {
  const { stderr } = await here.cli('drill', '--fault', 'worker-kil');
  expect(stderr).toMatch(/no fault worker-kil[\s\S]*worker-kill/);
});

test('a service that is named and does not answer is told, and none is brought up in its place', async () => {
  const { env } = here;
  const given = { ...env };
  env.DATABASE_URL = `postgres://ada:secret@127.0.0.1:${closedPort}/holdpoint`;
  expect(await refusal()).toEqual([5, 'database_unreachable']);
  Object.assign(env, given, { TEMPORAL_ADDRESS: `127.0.0.1:${closedPort}` });
  expect(await refusal()).toEqual([5, 'temporal_unreachable']);
  Object.assign(env, given);
});
