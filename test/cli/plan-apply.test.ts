/** `plan apply` as its user sees it: the difference first, then the running project goes on by the new plan, or is told why not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { scriptedPrompt, type ScriptedStep } from '../../src/agents/scripted.ts';
import { documentOf, errorOf } from '../support/documents.ts';
import { startService, type Service } from '../support/service.ts';
import { codeOf, planFile, planText, reached, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
beforeAll(async () => {
  service = await startService(withScriptedAgent());
}, 300_000);
afterAll(() => service.close());

type Task = Record<string, unknown> & { id: string };

const writes = (path: string): ScriptedStep[] => [{ write: path, content: `${path}\n` }];
const task = (id: string, steps: ScriptedStep[] = writes(`${id}.txt`), more: object = {}): Task => ({ id, instructions: scriptedPrompt(steps), acceptance: ['it is there'], ...more });
const held = task('one', [{ write: 'one.txt', content: 'one\n' }, { waitFor: 'go' }]);

interface Shape {
  tasks: Task[];
  milestones?: object[];
  more?: Record<string, unknown>;
}

/** Text of the plan with these tasks in its first milestone. */
const text = (project: string, { tasks, milestones = [], more = {} }: Shape): string => planText({
  project, checks: [{ name: 'has-one', run: 'test -f one.txt' }],
  more: { milestones: [{ id: 'm', title: 'The milestone', tasks }, ...milestones], policy: { permissions: { allow: ['Write(**)'] }, breakpoints: { milestone_completion: { enabled: false } } }, ...more },
});

const rewrite = (file: string, project: string, shape: Shape): void => writeFileSync(file, text(project, shape));

async function begin(project: string, shape: Shape): Promise<string> {
  const file = planFile(service, { project });
  rewrite(file, project, shape);
  await service.json('start', file);
  await reached(service, project, ({ milestones }) => milestones[0]?.tasks[0]?.state === 'running', 'the first task to run');
  return file;
}

const apply = (file: string, ...more: string[]) => service.cli('plan', 'apply', file, ...more);

const plansOfTurns = async (project: string) =>
  (await service.db.selectFrom('turn').select(['task', 'plan_sha256']).where('project', '=', project).orderBy('id').execute());

test('the difference first, then the running project goes on by it, and every turn says which plan it followed', async () => {
  const file = await begin('changes', { tasks: [held, task('two'), task('three')] });
  const same = documentOf('plan-apply', await apply(file, '--yes', '--json'));
  expect(same).toMatchObject({ project: 'changes', applied: false, changes: [] });
  const shape = { tasks: [held, task('three', writes('3.txt')), task('four', undefined, { dependsOn: ['three'] })], milestones: [{ id: 'next', tasks: [task('five')] }] };
  rewrite(file, 'changes', shape);

  const looked = documentOf('plan-apply', await apply(file, '--dry-run', '--json'));
  expect(looked).toMatchObject({ from: same.from, applied: false });
  expect(looked.changes.map(({ what, kind, target }) => `${what} ${kind} ${target}`)).toEqual([
    'milestone added next', 'task added next/five', 'task added m/four', 'task edited m/three', 'task removed m/two',
  ]);
  const unasked = await apply(file, '--json');
  expect({ code: unasked.code, ...errorOf(unasked) }).toMatchObject({ code: 2, kind: 'bad_input', hint: expect.stringContaining('--yes') });
  expect((await service.json<{ projects: unknown[] }>('status', 'changes'))).not.toMatchObject({ projects: [{ milestones: [{}, { id: 'next' }] }] });

  const told = await apply(file, '--yes', '--by', 'ann');
  expect({ code: told.code, stderr: told.stderr }).toEqual({ code: 0, stderr: '' });
  expect(told.stdout).toMatch(/\+ +task +m\/four[^]*~ +task +m\/three +instructions[^]*- +task +m\/two +skipped/);
  expect(told.stdout).toContain('changes goes on by this plan; what runs now goes on to its end first\n');
  expect(documentOf('plan-apply', await apply(file, '--yes', '--json'))).toMatchObject({ from: looked.to, to: looked.to, applied: false, changes: [] });

  writeFileSync(join(codeOf(service, 'changes'), 'go'), '');
  const done = await reached(service, 'changes', ({ state }) => state === 'completed', 'the end');
  expect(done.milestones.map(({ id, tasks }) => [id, ...tasks.map((one) => `${one.id}:${one.state}`)])).toEqual([
    ['m', 'one:completed', 'three:completed', 'four:completed', 'two:skipped'], ['next', 'five:completed'],
  ]);
  expect((await plansOfTurns('changes')).map(({ task: id, plan_sha256 }) => [id, plan_sha256])).toEqual([
    ['one', looked.from], ['three', looked.to], ['four', looked.to], ['five', looked.to],
  ]);
  const ended = await apply(file, '--yes', '--json');
  expect({ code: ended.code, kind: errorOf(ended).kind }).toEqual({ code: 4, kind: 'not_open' });
});

test('what cannot be is refused with its reason, and nothing is changed', async () => {
  const file = await begin('refusals', { tasks: [held, task('two')] });
  const refused = async (shape: Shape): Promise<object> => {
    rewrite(file, 'refusals', shape);
    const result = await apply(file, '--yes', '--json');
    return { code: result.code, kind: errorOf(result).kind, message: errorOf(result).message };
  };
  expect(await refused({ tasks: [task('one', writes('else.txt')), task('two')] })).toEqual({
    code: 4, kind: 'policy', message: 'milestone m: the plan edits task one, which is running: wait for its end, or answer its question',
  });
  expect(await refused({ tasks: [task('two')] })).toMatchObject({ code: 4, message: expect.stringContaining('removes task one, which is running') });
  expect(await refused({ tasks: [held, task('two')], more: { workspace: { host: 'local', path: 'elsewhere' } } })).toMatchObject({ code: 4, message: expect.stringContaining('another workspace') });
  expect(await refused({ tasks: [held, task('two', undefined, { dependsOn: ['three'] }), task('three', undefined, { dependsOn: ['two'] })] })).toMatchObject({
    code: 2, kind: 'bad_input', message: expect.stringContaining('two → three → two'),
  });
  rewrite(file, 'refusals', { tasks: [held, task('two')] });
  expect(documentOf('plan-apply', await apply(file, '--yes', '--json'))).toMatchObject({ applied: false, changes: [] });
  await service.cli('cancel', 'refusals');
});

test('a project nobody has started is not known', async () => {
  const result = await apply(planFile(service, { project: 'nobody' }), '--yes', '--json');
  expect({ code: result.code, kind: errorOf(result).kind }).toEqual({ code: 3, kind: 'unknown_project' });
});
