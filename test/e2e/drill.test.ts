/** The drill as a user runs it: on parts of its own, on a service over SSH, where a promise is broken, interrupted. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { drillDocument, FAULT_NAMES, type DrillDocument } from '../../src/domain/documents/drill.ts';
import { runCli, startCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { pidsNaming } from '../support/marked-processes.ts';
import { CLEAN_PATH, startService, type Service } from '../support/service.ts';
import { describeWithSshd, startSshd, type TestSshd } from '../support/sshd.ts';

jest.setTimeout(600_000);

const SEED = '20261126';

/** A folder for all that a drill makes on this machine, so that what is left is seen. */
function ownTmp(within: string): string {
  const tmp = join(within, 'tmp');
  mkdirSync(tmp);
  // Postgres may run as another user, who must pass through.
  for (const folder of [within, tmp]) chmodSync(folder, 0o755);
  return tmp;
}

async function nothingLeftIn(tmp: string): Promise<void> {
  expect(readdirSync(tmp)).toEqual([]);
  await eventually(() => pidsNaming(tmp).length === 0, { timeoutMs: 120_000, what: `the end of all processes that name ${tmp}` });
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const parse = (stdout: string): DrillDocument => drillDocument.parse(JSON.parse(stdout));

let service: Service;
let tmp: string;

beforeAll(async () => {
  service = await startService({ worker: false });
  tmp = ownTmp(service.dir);
  service.env.TMPDIR = tmp;
});
afterAll(() => service.close());

async function workflows(query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId, runId, status } of service.temporal.client.workflow.list({ query })) ids.push(`${workflowId} ${runId} ${status.name}`);
  return ids;
}

describe('on a service that is there', () => {
  const tables = async (): Promise<string[]> => {
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like 'kysely%' and table_name <> 'installation'`.execute(service.db);
    return rows.map(({ name }) => name);
  };

  /** Of any table: the database is this file's own, and only drills have been here. */
  async function rowsLeft(): Promise<string[]> {
    const left: string[] = [];
    for (const table of await tables()) {
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(service.db);
      if (rows[0]?.n !== 0) left.push(table);
    }
    return left;
  }

  async function nothingLeft(): Promise<void> {
    expect(await rowsLeft()).toEqual([]);
    await eventually(async () => (await workflows("ExecutionStatus = 'Running'")).length === 0, { timeoutMs: 120_000, what: 'the end of all workflows' });
    await nothingLeftIn(tmp);
  }

  describeWithSshd('over SSH', () => {
    let sshd: TestSshd;

    beforeAll(async () => {
      sshd = await startSshd({ env: { TMPDIR: tmp } });
    });
    afterAll(() => sshd.close());

    test('the link to the host itself is cut, its key checked; what is not the drill\'s is not restarted', async () => {
      const env = { ...service.env, HOLDPOINT_SSH_CONFIG_FILE: sshd.configFile };
      const args = ['drill', '--json', '--host', sshd.alias, '--seed', SEED, '--fault', 'postgres-restart', 'host-program-kill', 'link-reset'];
      const { code, stdout, stderr } = await runCli(args, { env, cwd: service.dir });
      const { faults } = parse(stdout);

      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(faults.map(({ fault, ok, lost, skipped }) => [fault, ok, lost, skipped?.slice(0, 31)])).toEqual([
        ['link-reset', true, 0, undefined], ['host-program-kill', true, 0, undefined], ['postgres-restart', true, 0, 'the service is in use by others:'.slice(0, 31)],
      ]);
      await nothingLeft();
    });
  });

  test('lines that do not come into the database break a promise: exit 1, with how many', async () => {
    await sql.raw(`create function swallow() returns trigger language plpgsql as 'begin return null; end';
      create trigger swallow before insert on agent_event for each row when (new.byte_offset % 7 = 0) execute function swallow()`).execute(service.db);
    const { code, stdout } = await runCli(['drill', '--json', '--seed', SEED, '--fault', 'host-program-kill'], { env: service.env, cwd: service.dir });
    await sql.raw('drop trigger swallow on agent_event; drop function swallow()').execute(service.db);
    const { ok, faults: [fault] } = parse(stdout);

    expect({ code, ok, faultOk: fault?.ok }).toEqual({ code: 1, ok: false, faultOk: false });
    expect(fault?.lost).toBe((fault?.written ?? 0) - (fault?.stored ?? 0));
    expect(fault?.lost).toBeGreaterThan(0);
    expect(fault?.reason).toMatch(new RegExp(`^${fault?.lost} of ${fault?.written} lines are not stored; the rows are not the bytes`));
    await nothingLeft();
  });

  test('Ctrl-C in the middle of a fault leaves nothing and exits with 130', async () => {
    const drill = startCli(['drill', '--seed', SEED, '--fault', 'second-worker', 'link-silence', 'cancel-escapee'], { env: service.env, cwd: service.dir });
    const runs = () => service.db.selectFrom('agent_event').select('run_id').distinct().execute();
    // The escapee's fault may be over before the others have begun, which last for a while.
    await eventually(async () => (await runs()).length >= 2, { timeoutMs: 120_000, what: 'two agents that print' });
    expect(await drill.end('SIGINT')).toBe(130);
    await nothingLeft();
  });
});

describe('where no service runs', () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'holdpoint-drilled-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('every fault is as promised, the raw output has the digest of the rows, and nothing is left', async () => {
    const tmp = ownTmp(dir);
    const env = { PATH: CLEAN_PATH, HOME: dir, LANG: 'C.UTF-8', TMPDIR: tmp, TEMPORAL_BIN: process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '' };
    const { code, stdout, stderr } = await runCli(['drill', '--json', '--seed', SEED, '--keep', 'kept'], { env, cwd: dir });
    const { faults, ...document } = parse(stdout);

    expect({ ...document, why: faults.flatMap(({ reason }) => reason ?? []), stderr: code === 0 ? '' : stderr })
      .toMatchObject({ ok: true, seed: Number(SEED), host: 'local', leftBehind: [], why: [], stderr: '' });
    expect(code).toBe(0);
    expect(faults.map(({ fault }) => fault)).toEqual(FAULT_NAMES);
    for (const fault of faults) {
      expect(fault).toMatchObject({ ok: true, lost: 0, duplicated: 0, survivors: [], stored: fault.written, proof: expect.stringMatching(/marker|cgroup/) });
      expect(fault.skipped).toBeUndefined();
      expect(fault.written).toBeGreaterThan(50);
      const digests = [sha256(join(dir, `kept/${fault.fault}.out`)), sha256(join(dir, `kept/${fault.fault}.rows`)), fault.rowsSha256];
      expect(digests).toEqual([fault.outSha256, fault.outSha256, fault.outSha256]);
    }
    await nothingLeftIn(tmp);
  });
});

// The server tries that again with growing pauses, and takes minutes where a workflow had closed just before.
test('the server has forgotten the workflows of all drills', async () => {
  await eventually(async () => {
    const left = await workflows('');
    if (left.length > 0) throw new Error(left.join(', '));
    return true;
  }, { timeoutMs: 1_500_000, everyMs: 500, what: 'the server to forget them' });
}, 1_600_000);
