/** What only a terminal can do: the form over all open questions, and the question of `plan apply`. Typed to as a person does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { answeredBreakpoints } from '../../src/db/breakpoints.ts';
import { CLI_COMMAND } from '../support/cli.ts';
import { startService, type Service } from '../support/service.ts';
import { KEY, onTerminal, openTerminal, type Terminal } from '../support/terminal.ts';
import { asked, planFile, planText, reached, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
beforeAll(async () => {
  service = await startService(withScriptedAgent());
}, 300_000);
afterAll(() => service.close());

/** Runs the command on a terminal; whatever happens, it is gone at the end. */
async function typed(args: string, act: (terminal: Terminal) => Promise<void>): Promise<{ code: number | null; shown: string }> {
  const terminal = openTerminal([...CLI_COMMAND, args].join(' '), { cwd: service.dir, env: service.env });
  try {
    await act(terminal);
    return { code: await terminal.exited, shown: terminal.shown() };
  } finally {
    terminal.child.kill();
    await terminal.exited;
  }
}

const answersOf = async (project: string) => (await answeredBreakpoints(service.db, { project })).map(({ id, answer }) => ({ id, action: answer?.action, note: answer?.note, by: answer?.by }));

onTerminal('inbox --answer: one form over all questions; each may be left open, a note is demanded where it is needed, nothing is sent before the end', async () => {
  const projects = ['form-a', 'form-b', 'form-c'];
  for (const project of projects) await service.json('start', planFile(service, { project }));
  for (const project of projects) await asked(service, `${project}/m/milestone_completion.1`);

  const left = await typed('inbox --answer', async ({ sees, type }) => {
    await sees('form-a/m/milestone_completion.1');
    await sees('● approve');
    type(KEY.enter);
    await sees('A note for the next prompt');
    type(KEY.enter);
    await sees('form-b/m/milestone_completion.1');
    type(KEY.ctrlC);
  });
  expect(left.code).toBe(130);
  expect(await answersOf('form-a')).toEqual([]);

  const { code, shown } = await typed('inbox --answer', async ({ sees, type }) => {
    await sees('form-a/m/milestone_completion.1');
    await sees('● approve');
    type(KEY.up);
    await sees('● leave it open');
    type(KEY.enter);
    await sees('form-b/m/milestone_completion.1');
    await sees('● approve');
    type(KEY.enter);
    await sees('A note for the next prompt');
    type(`well done${KEY.enter}`);
    await sees('form-c/m/milestone_completion.1');
    await sees('● approve');
    type(KEY.down);
    await sees('● revise');
    type(KEY.enter);
    await sees('What should change?');
    type(KEY.enter);
    await sees('this answer needs a note');
    type(`one: shorter${KEY.enter}`);
  });
  expect([code, shown]).toEqual([0, expect.stringMatching(/form-b\/m\/milestone_completion\.1: approve, accepted\s+form-c\/m\/milestone_completion\.1: revise, accepted/)]);
  const by = userInfo().username;
  await reached(service, 'form-b', ({ state }) => state === 'completed', 'the end');
  expect(await answersOf('form-b')).toEqual([{ id: 'form-b/m/milestone_completion.1', action: 'approve', note: 'well done', by }]);
  await asked(service, 'form-c/m/milestone_completion.2');
  expect(await answersOf('form-c')).toEqual([{ id: 'form-c/m/milestone_completion.1', action: 'revise', note: 'one: shorter', by }]);
  expect(await answersOf('form-a')).toEqual([]);
  for (const project of ['form-a', 'form-c']) await service.cli('cancel', project);
});

onTerminal('plan apply asks before it changes anything: no is the answer that stands there, yes goes on by the plan', async () => {
  const file = planFile(service, { project: 'asks' });
  await service.json('start', file);
  await asked(service, 'asks/m/milestone_completion.1');
  writeFileSync(file, planText({ project: 'asks', more: { policy: { permissions: { allow: ['Write(**)'] }, gate: 0.6 } } }));
  const planOf = async () => (await service.db.selectFrom('project').select('plan_sha256').where('id', '=', 'asks').executeTakeFirstOrThrow()).plan_sha256;
  const before = await planOf();
  const name = join('asks', 'holdpoint.yaml');

  const no = await typed(`plan apply ${name}`, async ({ sees, type }) => {
    await sees('policy.gate');
    await sees('Go on by this plan?');
    await sees('● No');
    type(KEY.enter);
  });
  expect([no.code, no.shown, await planOf()]).toEqual([0, expect.stringContaining('nothing was changed'), before]);

  const gone = await typed(`plan apply ${name}`, async ({ sees, type }) => {
    await sees('Go on by this plan?');
    type(KEY.ctrlC);
  });
  expect([gone.code, await planOf()]).toEqual([130, before]);

  const yes = await typed(`plan apply ${name}`, async ({ sees, type }) => {
    await sees('● No');
    type(KEY.left);
    await sees('● Yes');
    type(KEY.enter);
  });
  expect([yes.code, yes.shown]).toEqual([0, expect.stringContaining('asks goes on by this plan')]);
  expect(await planOf()).not.toBe(before);
  await service.cli('cancel', 'asks');
});
