/**
 * Two installations with databases of their own, one name and one state folder on one host, and projects that are called the same: as
 * after a start with a new database, or with two machines of one user. Real CLI; each does its own work and leaves the other's alone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { startService, type Service } from '../support/service.ts';
import { bash, begin, completed } from './asking-project.ts';

let one: Service;
let other: Service;
beforeAll(async () => {
  one = await startService();
  const { HOME = '', HOLDPOINT_HOST_STATE_DIR = '' } = one.env;
  other = await startService({ env: { HOME, HOLDPOINT_HOST_STATE_DIR } });
}, 300_000);
afterAll(async () => {
  await other?.close();
  await one?.close();
});

const steps = (who: string, waits: boolean) => () => [bash(`echo ${who} > who.txt`), { text: 'Done.', ...(waits && { waitFor: 'both' }) }];

const whoIn = (workspace: string): string | null => (existsSync(join(workspace, 'who.txt')) ? readFileSync(join(workspace, 'who.txt'), 'utf8') : null);

const permissions = { allow: ['Bash(echo *)', 'Write(*.txt)'] };

const keysOf = async ({ db }: Service): Promise<string[]> => (await db.selectFrom('run').select('run_key').execute()).map((run) => run.run_key);

test('none takes the other one\'s run for its own, and none ends it', async () => {
  const first = await begin(one, 'twin', steps('one', true), { permissions });
  await eventually(() => whoIn(first), { timeoutMs: 120_000, what: 'the first agent to work' });
  const second = await begin(other, 'twin', steps('other', false), { permissions });
  await completed(other, 'twin');
  expect([whoIn(first), whoIn(second)]).toEqual(['one\n', 'other\n']);
  const [[key = ''], theirs] = [await keysOf(one), await keysOf(other)];
  expect(key).toMatch(/^main-[0-9a-f]{12}\.twin\.m\.1\.one\.1\.1$/);
  expect(theirs).not.toContain(key);
  expect(pidsWith(`HOLDPOINT_RUN=${key}`)).not.toEqual([]);
  one.messages.release('both');
  expect(await completed(one, 'twin')).toMatchObject({ tasks: [{ turns: [{ outcome: 'completed', runs: [{ key }] }] }] });
}, 600_000);
