/** A record that is not what happened, as its user meets it: in `status`, the inbox, the worker's log; and the way on. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { damage } from '../host/support/stored-files.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { asked, codeOf, planFile, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
beforeAll(async () => {
  service = await startService(withScriptedAgent());
});
afterAll(() => service.close());

const QUESTION = 'broken/m/one.1/evidence_weakened.1';
const WRONG = 'the recorded changes do not lead from the checkpoint before to the one after: a.txt';

test('it does not go on by itself, says so everywhere, and a further attempt that is recorded well goes on', async () => {
  await sql.raw(`
    create function lose_rows() returns trigger language plpgsql as $$ begin return case when new.final and new.path = 'a.txt' then null else new end; end $$;
    create trigger lose_rows before insert on file_change for each row execute function lose_rows()`).execute(service.db);
  const tasks = [[{ turn: 1, write: 'a.txt', content: 'hello\n' }, { turn: 2, append: 'a.txt', content: 'world\n' }]];
  await service.cli('start', planFile(service, { project: 'broken', tasks }));
  await asked(service, QUESTION);
  const [project] = documentOf('status', await service.cli('status', 'broken', '--json')).projects;
  expect(project?.milestones[0]?.tasks[0]?.turns[0]).toMatchObject({ decision: 'breakpoint', rule: 'record_unproven', unproven: [WRONG] });
  expect((await service.cli('status', 'broken')).stdout).toContain(`one.1: what was recorded is not what happened: ${WRONG}`);
  const { breakpoints } = documentOf('inbox', await service.cli('inbox', '--json'));
  expect(breakpoints).toMatchObject([{ id: QUESTION, priority: 'high', reason: expect.stringContaining(`What was recorded of this turn is not what happened:\n- ${WRONG}`), detail: { unproven: [WRONG] } }]);
  expect(service.worker.log()).toMatch(/"level":"error".*the record of broken\/m\/one\.1 is not what happened/);

  await sql.raw('drop trigger lose_rows on file_change').execute(service.db);
  expect(await service.cli('answer', QUESTION, 'retry')).toMatchObject({ code: 0 });
  await asked(service, 'broken/m/milestone_completion.1');
  const [after] = documentOf('status', await service.cli('status', 'broken', '--json')).projects;
  expect(after?.milestones[0]?.tasks[0]?.turns.map(({ decision, unproven }) => [decision, unproven?.length])).toEqual([['breakpoint', 1], ['proceed', 0]]);
});

/** The one store that holds it. */
function storeWith(content: string): string {
  const stores = execFileSync('grep', ['-rlF', content, join(service.dir, 'host-state/shadow')]).toString().split('\n').filter(Boolean);
  return (stores[0] ?? '').replace(/\/objects\/.*$/, '');
}

test('a stored content that is damaged while a turn changes its file: the milestone goes on to a question, and diff names what it cannot show', async () => {
  const OLD = 'nobody else holds this';
  const tasks = [[{ write: 'a.txt', content: `${OLD}\n` }], [{ write: 'began', content: 'x\n' }, { waitFor: 'go' }, { write: 'a.txt', content: 'new\n' }]];
  await service.cli('start', planFile(service, { project: 'torn', tasks }));
  const code = (path: string): string => join(codeOf(service, 'torn'), path);
  await eventually(() => existsSync(code('began')), { timeoutMs: 45_000, what: 'the second task to begin' });
  damage(storeWith(OLD), OLD);
  writeFileSync(code('go'), '');
  await asked(service, 'torn/m/two.1/evidence_weakened.1');
  const { changes } = documentOf('diff', await service.cli('diff', 'torn/m/two.1', '--json'));
  expect(changes.map(({ path, op, added, removed }) => [path, op, added, removed])).toEqual([['a.txt', 'modify', null, null], ['began', 'add', 1, 0], ['go', 'add', 0, 0]]);
  expect((await service.cli('status', 'torn')).stdout).toMatch(/two\.1: what was recorded is not what happened: a\.txt: its lines are not counted, the stored object [0-9a-f]{40} is missing or damaged/);
  const { stdout } = await service.cli('diff', 'torn/m/two.1');
  expect(stdout).toMatch(/^diff --git a\/began b\/began$[^]*\n\[not shown, what was stored of them is missing or damaged: a\.txt; `holdpoint checkpoints verify` tells/m);
  expect(stdout).not.toContain('diff --git a/a.txt');
  expect(await service.cli('diff', 'torn/m/two.1', '--patch')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('the patch cannot hold a.txt') });
  expect(await service.cli('answer', 'torn/m/two.1/evidence_weakened.1', 'approve')).toMatchObject({ code: 0 });
  await asked(service, 'torn/m/milestone_completion.1');
});
