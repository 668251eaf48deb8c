/** The plan asks about a command: the agent's process ends, a person answers by CLI, signal or update, and the same call goes on. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { startService, type Service } from '../support/service.ts';
import { bash, begin, completed, milestoneWhen, question, resultsOf, signal, toldToModel, update } from './asking-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 300_000);
afterAll(async () => {
  await service?.close();
});

const permissions = { allow: ['Write(**)'], ask: ['Bash(sh say.sh*)'] };
const idOf = (project: string, n: number): string => `${project}/m/one.1/permission_request.${n}`;

test('three calls at once, asked about one after the other; the worker is killed while it waits; nothing is lost, nothing runs unasked', async () => {
  const project = 'asks';
  const workspace = await begin(service, project, (at) => [
    { tools: [
      { name: 'Bash', id: 'toolu_one', input: { command: 'sh say.sh one', description: 'x' } },
      { name: 'Bash', id: 'toolu_two', input: { command: 'sh say.sh two', description: 'x' } },
      { name: 'Write', id: 'toolu_write', input: { file_path: join(at, 'late.txt'), content: 'late\n' } },
    ] },
    bash('sh say.sh two', 'toolu_two_again'),
    bash('sh say.sh three', 'toolu_three'),
    bash('sh say.sh three', 'toolu_three_again'),
    { tool: 'Write', id: 'toolu_write_again', input: { file_path: join(at, 'late.txt'), content: 'late\n' } },
    { text: 'Done.' },
  ], { permissions });
  const said = (): string => (existsSync(join(workspace, 'said.txt')) ? readFileSync(join(workspace, 'said.txt'), 'utf8') : '');

  const first = await question(service, idOf(project, 1));
  expect(first).toMatchObject({ kind: 'permission_request', priority: 'high', actions: ['allow', 'allow-always', 'deny', 'abort'], task: 'one', turn: 1 });
  expect(first.reason).toContain('The agent wants to call Bash: sh say.sh one');
  expect(first.detail).toMatchObject({ toolUseId: 'toolu_one', tool: 'Bash', parts: ['sh say.sh one'], always: ['Bash(sh say.sh one)'] });
  const waiting = await milestoneWhen(service, project, ({ state }) => state === 'waiting', 'the milestone to wait');
  // Nobody is at work, and nobody's seat is taken.
  const [run] = waiting.tasks[0]?.turns[0]?.runs ?? [];
  expect(run).toMatchObject({ state: 'exited' });
  expect(pidsWith(`HOLDPOINT_RUN=${run?.key}`)).toEqual([]);
  expect([said(), existsSync(join(workspace, 'late.txt'))]).toEqual(['', false]);
  expect((await resultsOf(service, 'toolu_two')).map(({ kind, text }) => [kind, /waits for a person's answer/.test(text)])).toEqual([['denied', true]]);

  await service.worker.kill();
  await signal(service, project, { breakpoint: first.id, action: 'allow', note: 'mind the step', by: 'ann' });
  await service.startWorker();

  const second = await question(service, idOf(project, 2));
  expect(said()).toBe('one\n');
  expect(await resultsOf(service, 'toolu_one')).toMatchObject([{ seq: 2, kind: 'toolResult' }]);
  expect(toldToModel(service).some((text) => text.includes('A person allowed this call and says: mind the step'))).toBe(true);
  expect((await service.cli('answer', second.id, 'deny', '--note', 'twice is too much')).code).toBe(0);

  const third = await question(service, idOf(project, 3));
  expect(said()).toBe('one\n');
  expect(toldToModel(service).some((text) => text.includes('A person refused this call and says: twice is too much'))).toBe(true);
  await expect(update(service, project, { breakpoint: third.id, action: 'approve' })).rejects.toMatchObject({ cause: { type: 'action_not_allowed' } });
  await update(service, project, { breakpoint: third.id, action: 'allow-always', by: 'bob' });

  const done = await completed(service, project);
  expect(said()).toBe('one\nthree\nthree\n');
  expect(done.granted).toEqual(['Bash(sh say.sh three)']);
  expect((await service.cli('status', project)).stdout).toContain('allowed for good: Bash(sh say.sh three)');
  expect(readFileSync(join(workspace, 'late.txt'), 'utf8')).toBe('late\n');
  expect(done.tasks[0]).toMatchObject({ state: 'completed', turns: [{ turn: 1, outcome: 'completed', runs: [{}, {}, {}, {}] }] });
  expect(await resultsOf(service, 'toolu_three')).toMatchObject([{ seq: 4, kind: 'toolResult' }]);
  expect(await resultsOf(service, 'toolu_three_again')).toMatchObject([{ seq: 4, kind: 'toolResult' }]);
  const answers = await service.db.selectFrom('breakpoint').select(['action', 'via', 'answered_by']).orderBy('opened_at').execute();
  expect(answers).toMatchObject([{ action: 'allow', via: 'signal', answered_by: 'ann' }, { action: 'deny', via: 'cli' }, { action: 'allow-always', via: 'update', answered_by: 'bob' }]);
  // Six answers of the model at the CLI's own price, none counted twice.
  expect(service.messages.stats()).toMatchObject({ main: 6, mismatches: [] });
}, 600_000);

test('a plan that allows the call releases the open request: the same call goes on without a person', async () => {
  const project = 'relaxed';
  const workspace = await begin(service, project, () => [bash('sh say.sh relaxed', 'toolu_relaxed'), { tool: 'Write', input: { file_path: join(service.dir, project, 'done.txt'), content: 'd\n' } }, { text: 'Done.' }], { permissions });
  const asked = await question(service, idOf(project, 1));
  const file = join(service.dir, `${project}-plan/holdpoint.yaml`);
  const plan = JSON.parse(readFileSync(file, 'utf8')) as { policy: { permissions: object } };
  const applied = (given: object) => {
    writeFileSync(file, JSON.stringify({ ...plan, policy: { ...plan.policy, permissions: given } }));
    return service.cli('plan', 'apply', file, '--yes');
  };
  // Another rule, but not for this call: a person is still asked.
  expect((await applied({ ...permissions, allow: [...permissions.allow, 'Bash(ls *)'] })).code).toBe(0);
  await eventually(async () => (await service.db.selectFrom('event').select('message').where('project', '=', project).where('kind', '=', 'plan_changed').where('milestone', 'is not', null).execute()).length === 1, { what: 'the first changed plan' });
  expect((await service.json<{ breakpoints: { id: string }[] }>('inbox')).breakpoints.map(({ id }) => id)).toContain(asked.id);
  expect((await applied({ allow: [...permissions.allow, 'Bash(sh say.sh relaxed)'] })).code).toBe(0);
  await completed(service, project);
  expect(readFileSync(join(workspace, 'said.txt'), 'utf8')).toBe('relaxed\n');
  const answers = await service.db.selectFrom('breakpoint').select(['action', 'via', 'answered_by']).where('id', '=', asked.id).execute();
  expect(answers).toEqual([{ action: 'allow', via: 'itself', answered_by: 'the plan' }]);
}, 600_000);
