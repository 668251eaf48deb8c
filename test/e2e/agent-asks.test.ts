/** The real agent asks questions, makes a plan, wants to delete a folder: a person answers, and the effect is seen from outside. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { errorOf } from '../support/documents.ts';
import { startService, type Service } from '../support/service.ts';
import { bash, begin, completed, milestoneWhen, question, resultsOf, signal, toldToModel, update } from './asking-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 300_000);
afterAll(async () => {
  await service?.close();
});

const QUESTIONS = [
  { question: 'Which colour?', header: 'Colour', multiSelect: false, options: [{ label: 'Red', description: 'warm' }, { label: 'Blue', description: 'cold' }] },
  { question: 'Which size?', header: 'Size', multiSelect: false, options: [{ label: 'Small', description: 's' }, { label: 'Large', description: 'l' }] },
];
const asks = (id: string, questions: unknown[]) => ({ tool: 'AskUserQuestion', id, input: { questions } });
const wasTold = (text: string): boolean => toldToModel(service).some((told) => told.includes(text));

test('questions: several in one form, refused until each is answered; one by a free text; the same call goes on', async () => {
  const workspace = await begin(service, 'questions', (at) => [
    asks('toolu_two', QUESTIONS), asks('toolu_one', QUESTIONS.slice(0, 1)), asks('toolu_last', QUESTIONS.slice(1)),
    { tool: 'Write', input: { file_path: join(at, 'done.txt'), content: 'x\n' } }, { text: 'Done.' },
  ], { permissions: { allow: ['Write(**)'] } });
  const id = (n: number): string => `questions/m/one.1/agent_question.${n}`;
  const first = await question(service, id(1));
  expect(first).toMatchObject({ kind: 'agent_question', actions: ['answer', 'abort'], noteRequired: ['answer'], detail: { questions: [{ question: 'Which colour?', header: 'Colour', options: [{ label: 'Red', description: 'warm' }, {}] }, {}] } });
  expect((await service.cli('inbox')).stdout).toMatch(/1\. \[Colour\] Which colour\?[^]*- Red: warm[^]*2\. \[Size\] Which size\?/);
  const half = await service.cli('answer', id(1), 'answer', '--note', '1: red', '--json');
  expect(half.code).toBe(2);
  expect(errorOf(half)).toMatchObject({ kind: 'bad_input', message: expect.stringMatching(/Not answered: "Which size\?"[^]*- Small: s/) });
  expect((await service.cli('answer', id(1), 'answer', '--note', '1: red; 2: as large as it gets')).code).toBe(0);

  await question(service, id(2));
  expect(wasTold('\\"Which colour?\\"=\\"Red\\"') && wasTold('as large as it gets')).toBe(true);
  expect(await resultsOf(service, 'toolu_two')).toMatchObject([{ seq: 2, kind: 'toolResult' }]);
  // Somebody works in the folder meanwhile: the agent is told.
  writeFileSync(join(workspace, 'README.md'), 'changed by a person\n');
  await signal(service, 'questions', { breakpoint: id(2), action: 'answer', note: 'Green', by: 'ann' });
  await question(service, id(3));
  expect(await resultsOf(service, 'toolu_one')).toMatchObject([{ seq: 3, kind: 'toolResult', text: expect.stringContaining('"Which colour?"="Green"') }]);
  expect(wasTold('files have changed, and not by you: README.md')).toBe(true);
  await update(service, 'questions', { breakpoint: id(3), action: 'answer', note: 'large', by: 'bob' });
  const done = await completed(service, 'questions');
  expect(done.tasks[0]).toMatchObject({ turns: [{ turn: 1, outcome: 'completed', runs: [{}, {}, {}, {}] }] });
  expect(wasTold('\\"Which size?\\"=\\"Large\\"')).toBe(true);
  expect(existsSync(join(workspace, 'done.txt'))).toBe(true);
}, 600_000);

test('a plan that switches questions off: the tool is not there, and nobody is asked', async () => {
  await begin(service, 'silent', (at) => [{ tool: 'Write', input: { file_path: join(at, 'done.txt'), content: 'x\n' } }, { text: 'Done.' }],
    { permissions: { allow: ['Write(**)'] }, breakpoints: { agent_question: { enabled: false } } });
  await completed(service, 'silent');
  const [asked] = service.messages.requests().filter(({ counted, prompt }) => counted && prompt.includes('Nobody can answer'));
  expect(asked?.tools).toContain('Write');
  expect(asked?.tools).not.toContain('AskUserQuestion');
  expect(asked?.prompt).toContain('Nobody can answer questions while you work');
}, 600_000);

test('a plan first: nothing is changed while it is made, another one after revise, carried out after approve', async () => {
  const write = (at: string) => ({ tool: 'Write', input: { file_path: join(at, 'done.txt'), content: 'x\n' } });
  const workspace = await begin(service, 'planned', (at) => [write(at), bash('sh say.sh too early'), { text: 'First plan.' }, { text: 'Second plan.' }, write(at), { text: 'Done.' }],
    { permissions: { allow: ['Write(**)', 'Bash(sh say.sh*)'] }, task: { plan: true } });
  const id = (n: number): string => `planned/m/one.1/plan_approval.${n}`;
  const first = await question(service, id(1));
  expect(first).toMatchObject({ priority: 'medium', actions: ['approve', 'revise', 'abort'], detail: { plan: 'First plan.', changedFiles: 0 } });
  expect([existsSync(join(workspace, 'done.txt')), existsSync(join(workspace, 'said.txt'))]).toEqual([false, false]);
  await signal(service, 'planned', { breakpoint: id(1), action: 'revise', note: 'shorter, please' });
  expect(await question(service, id(2))).toMatchObject({ detail: { plan: 'Second plan.' } });
  await update(service, 'planned', { breakpoint: id(2), action: 'approve', note: 'with care' });
  const done = await completed(service, 'planned');
  expect(readFileSync(join(workspace, 'done.txt'), 'utf8')).toBe('x\n');
  expect(done.tasks[0]).toMatchObject({ state: 'completed', turns: [{ turn: 1, outcome: 'completed', runs: [{}, {}, {}] }] });
  // The CLI has words of its own between them.
  const phase = /Make a plan first|wants another plan|accepted your plan/;
  const prompts = [...new Set(service.messages.requests().map(({ prompt }) => prompt))].filter((prompt) => phase.test(prompt));
  expect(prompts.map((prompt) => phase.exec(prompt)?.[0])).toEqual(['Make a plan first', 'wants another plan', 'accepted your plan']);
  expect([prompts[1]?.includes('shorter, please'), prompts[2]?.includes('with care')]).toEqual([true, true]);
}, 600_000);

test('what cannot be taken back is asked about although a rule with a wildcard allows it', async () => {
  const files = { 'old/a.txt': 'a\n', 'older/b.txt': 'b\n' };
  const workspace = await begin(service, 'deletes', () => [bash('rm -rf old', 'toolu_old'), bash('rm -rf older', 'toolu_older'), bash('echo gone'), { text: 'Done.' }],
    { permissions: { allow: ['Bash(rm *)', 'Bash(echo *)'] }, files });
  const id = (n: number): string => `deletes/m/one.1/destructive_operation.${n}`;
  const first = await question(service, id(1));
  expect(first).toMatchObject({ priority: 'high', actions: ['allow', 'deny', 'abort'], reason: expect.stringContaining('deletes a folder with all that is in it') });
  await milestoneWhen(service, 'deletes', ({ state }) => state === 'waiting', 'the milestone to wait');
  expect([existsSync(join(workspace, 'old')), existsSync(join(workspace, 'older'))]).toEqual([true, true]);
  await update(service, 'deletes', { breakpoint: id(1), action: 'allow' });
  const second = await question(service, id(2));
  expect([existsSync(join(workspace, 'old')), existsSync(join(workspace, 'older'))]).toEqual([false, true]);
  expect((await service.cli('answer', second.id, 'deny', '--note', 'keep it')).code).toBe(0);
  await completed(service, 'deletes');
  expect(existsSync(join(workspace, 'older'))).toBe(true);
  expect(wasTold('A person refused this call and says: keep it')).toBe(true);
}, 600_000);
