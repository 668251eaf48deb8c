/**
 * Three questions about work that cannot go on by itself, each raised by its own cause: a check that stays red, failures in a row,
 * a reviewer that is away or answers rubbish. Real CLI, real checks, the reviewer over HTTP; what each answer leads to is watched from outside.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readInbox } from '../../src/db/inbox.ts';
import { readStatus, type StatusMilestone, type StatusTask } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { startScriptedOllama, type ScriptedOllama } from '../../src/demo/scripted-ollama.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts';
import { startService, type Service } from '../support/service.ts';
import { bash, completed, milestoneWhen, signal, update, type Entry } from './asking-project.ts';

const FINE = { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.95 };

let reviewer: ScriptedOllama;
/** Before the reviewer, so that it can be away and come back. */
let link: FaultyProxy;
let service: Service;

beforeAll(async () => {
  reviewer = await startScriptedOllama({ script: { models: ['scripted'], otherwise: { review: FINE } } });
  link = await startFaultyProxy(Number(new URL(reviewer.url).port));
  service = await startService({ env: { OLLAMA_HOST: `http://127.0.0.1:${link.port}` } });
}, 300_000);

afterAll(async () => {
  await service?.close();
  await link?.close();
  await reviewer?.close();
});

interface Check {
  name: string;
  run: string;
  tasks: string[];
}

/** Tasks one after the other, each with a title of its own; gives the workspace. */
async function begin(project: string, ids: string[], { attempts, checks, files = {} }: { attempts: number; checks: Check[]; files?: Record<string, string> }): Promise<string> {
  const workspace = service.folder(project, { 'README.md': 'x\n', ...files });
  const tasks = ids.map((id, n) => ({ id, title: `The ${id} one`, instructions: `See to ${id}.txt.`, dependsOn: ids.slice(Math.max(0, n - 1), n) }));
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' }, checks,
    agent: { name: 'claude-code', attempts, auth: { apiKey: { env: 'TEST_API_KEY' } } },
    policy: { permissions: { allow: ['Bash(echo *)', 'Write(*.txt)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  return workspace;
}

const statusNow = async (project: string): Promise<StatusMilestone | undefined> => (await readStatus(service.db, project)).projects[0]?.milestones[0];

/** The next question of the project, which must be that one. From the database until then: a command takes half a second of the machine. */
async function asked(project: string, id: string, after?: string): Promise<Entry | undefined> {
  const found = await eventually(async () => {
    const open = (await readInbox(service.db)).filter((one) => one.project === project && one.id !== after).map((one) => one.id);
    return open[0] ?? ((await statusNow(project))?.state === 'completed' ? 'nothing: it is completed' : null);
  }, { timeoutMs: 120_000, everyMs: 100, what: id });
  expect(found).toBe(id);
  return documentOf('inbox', await service.cli('inbox', '--json')).breakpoints.find((one) => one.id === id);
}

const taskIn = ({ tasks }: StatusMilestone, id: string) => tasks.find((task) => task.id === id);

/** The task once it is settled. */
const settled = (project: string, id: string, state: 'completed' | 'skipped'): Promise<StatusTask> =>
  eventually(async () => (await statusNow(project))?.tasks.find((task) => task.id === id && task.state === state), { what: `${id} to be ${state}` });

const answers = async (project: string) =>
  service.db.selectFrom('breakpoint').select(['kind', 'action', 'via', 'answered_by', 'note']).where('project', '=', project).orderBy('opened_at').execute();

const decisions = async (target: string) => documentOf('decisions', await service.cli('decisions', target, '--json')).decisions;

/** Of the model, by a word of the prompt; those that follow a tool call have none. */
const requests = (word: string) => service.messages.requests().filter(({ counted, prompt }) => counted && prompt.includes(word));

const line = (word: string, id: string): Step[] => [bash(`echo ${word} >> ${id}.txt`), { text: 'Added.' }];

test('breaking_test_failure: a required check is red and no attempt is left', async () => {
  const ids = ['skipped', 'mended', 'waved'];
  service.messages.setScenario({
    prompts: [{ match: 'the word is good', steps: line('good', 'mended') }, ...ids.map((id) => ({ match: `The ${id} one`, steps: line('bad', id) }))],
  });
  const workspace = await begin('red', ids, { attempts: 1, checks: ids.map((id) => ({ name: `good-${id}`, run: `grep -q good ${id}.txt`, tasks: [id] })) });
  const [first, second, third] = ['red/m/skipped.1/breaking_test_failure.1', 'red/m/mended.1/breaking_test_failure.1', 'red/m/waved.1/breaking_test_failure.1'] as const;

  expect(await asked('red', first)).toMatchObject({
    priority: 'high', actions: ['retry', 'skip', 'approve', 'restore', 'abort'], tree: expect.any(String), reason: expect.stringMatching(/good-skipped[^]*No attempt is left/),
  });
  await service.json('answer', first, 'skip', '--by', 'ann');

  // The next task begins although the one it follows was never done.
  await asked('red', second, first);
  expect((await settled('red', 'skipped', 'skipped')).turns).toMatchObject([{ turn: 1, decision: 'breakpoint', rule: 'check_failed_final' }]);
  await signal(service, 'red', { breakpoint: second, action: 'retry', note: 'the word is good', by: 'bob' });

  await asked('red', third, second);
  expect(requests('the word is good')[0]?.prompt).toContain('good-mended');
  expect((await settled('red', 'mended', 'completed')).turns).toMatchObject([
    { decision: 'breakpoint', checks: [{ outcome: 'stillFailing' }] }, { decision: 'proceed', rule: 'quality_reached', checks: [{ outcome: 'fixed' }] },
  ]);
  expect(readFileSync(join(workspace, 'mended.txt'), 'utf8')).toBe('bad\ngood\n');
  await update(service, 'red', { breakpoint: third, action: 'approve', by: 'eve' });

  const done = await completed(service, 'red');
  expect(done.tasks.map(({ id, state, turns }) => [id, state, turns.length])).toEqual([['skipped', 'skipped', 1], ['mended', 'completed', 2], ['waved', 'completed', 1]]);
  // A person took it although it is red, and that is how it stays on record.
  expect(taskIn(done, 'waved')?.turns).toMatchObject([{ decision: 'breakpoint', rule: 'check_failed_final', checks: [{ name: 'good-waved', exitCode: 1, outcome: 'stillFailing' }] }]);
  expect(await decisions('red/m/waved')).toMatchObject([{ decision: 'breakpoint', facts: { attemptsLeft: 0, evidence: [{ name: 'good-waved', required: true, met: false }] } }]);
  const kind = 'breaking_test_failure';
  expect(await answers('red')).toEqual([
    { kind, action: 'skip', via: 'cli', answered_by: 'ann', note: null }, { kind, action: 'retry', via: 'signal', answered_by: 'bob', note: 'the word is good' },
    { kind, action: 'approve', via: 'update', answered_by: 'eve', note: null },
  ]);
}, 600_000);

test('reviewer_unavailable: its server is away, or what it answers is no review', async () => {
  const ids = ['away', 'garbled', 'broken'];
  service.messages.setScenario({ prompts: ids.map((id) => ({ match: `The ${id} one`, steps: line('a line', id) })) });
  reviewer.setScript({
    models: ['scripted'], otherwise: { review: FINE },
    prompts: [{ match: 'The garbled one', replies: [{ text: 'I like it.' }] }, { match: 'The broken one', replies: [{ error: { status: 500, message: 'out of memory' } }] }],
  });
  link.greet('refuse');
  link.reset();
  await begin('unread', ids, { attempts: 3, checks: [{ name: 'a-line', run: 'grep -q line away.txt', tasks: ids }] });
  const [first, second, third] = ['unread/m/away.1/reviewer_unavailable.1', 'unread/m/garbled.1/reviewer_unavailable.1', 'unread/m/broken.1/reviewer_unavailable.1'] as const;

  expect(await asked('unread', first)).toMatchObject({ priority: 'medium', actions: ['retry', 'approve', 'skip-review', 'abort'], reason: expect.stringContaining('unreachable') });
  const before = reviewer.stats().chat;
  link.greet('pass');
  await service.json('answer', first, 'retry', '--by', 'ann');

  expect(await asked('unread', second, first)).toMatchObject({ reason: expect.stringMatching(/rubbish[^]*tried 3 times/) });
  // It is the reviewer that was asked again, not the agent: once, then three times about the next task.
  expect(reviewer.stats().chat - before).toBe(4);
  expect((await settled('unread', 'away', 'completed')).turns).toMatchObject([{ turn: 1, rule: 'quality_reached', runs: [{}] }]);
  expect(requests('The away one')).toHaveLength(1);
  expect((await decisions('unread/m/away')).map(({ rule, scores }) => [rule, scores.parts])).toEqual([
    ['reviewer_unavailable', expect.not.arrayContaining([expect.objectContaining({ name: 'review' })])],
    ['quality_reached', expect.arrayContaining([expect.objectContaining({ name: 'review', score: 0.9 })])],
  ]);
  await signal(service, 'unread', { breakpoint: second, action: 'skip-review', by: 'bob' });

  expect(await asked('unread', third, second)).toMatchObject({ reason: expect.stringContaining('out of memory') });
  // Judged by the check alone: nobody asked the reviewer about it once more.
  expect(reviewer.stats().chat - before).toBe(5);
  expect((await settled('unread', 'garbled', 'completed')).turns).toMatchObject([{ turn: 1, decision: 'proceed', rule: 'reviewer_skipped' }]);
  expect(await decisions('unread/m/garbled')).toMatchObject([
    { rule: 'reviewer_unavailable', facts: { skipReview: false, review: { kind: 'unavailable', reason: 'rubbish', tries: 3 } } }, { rule: 'reviewer_skipped', facts: { skipReview: true } },
  ]);
  await update(service, 'unread', { breakpoint: third, action: 'approve', by: 'eve' });

  const done = await completed(service, 'unread');
  expect(taskIn(done, 'broken')).toMatchObject({ state: 'completed', turns: [{ turn: 1, decision: 'breakpoint', rule: 'reviewer_unavailable', runs: [{}] }] });
  expect(reviewer.stats().chat - before).toBe(5);
  const kind = 'reviewer_unavailable';
  expect(await answers('unread')).toMatchObject([
    { kind, action: 'retry', via: 'cli', answered_by: 'ann' }, { kind, action: 'skip-review', via: 'signal', answered_by: 'bob' }, { kind, action: 'approve', via: 'update', answered_by: 'eve' },
  ]);
}, 600_000);

test('consecutive_failures: three in a row, with attempts left', async () => {
  link.greet('pass');
  reviewer.setScript({ models: ['scripted'], otherwise: { review: FINE } });
  service.messages.setScenario({ steps: [{ text: 'Done.' }], whenDone: 'loop' });
  const workspace = await begin('thrice', ['one'], { attempts: 9, checks: [{ name: 'whole', run: '! grep -q broken one.txt', tasks: ['one'] }], files: { 'one.txt': 'x\n' } });
  const id = (turn: number): string => `thrice/m/one.${turn}/consecutive_failures.1`;

  expect(await asked('thrice', id(3))).toMatchObject({
    priority: 'high', actions: ['retry', 'revise', 'skip', 'abort'], noteRequired: ['revise'], reason: expect.stringContaining('This is failure 3 in a row.'),
  });
  expect((await service.cli('answer', id(3), 'revise')).code).toBe(2);
  service.messages.setScenario({ steps: line('broken', 'one'), whenDone: 'loop' });
  await service.json('answer', id(3), 'revise', '--note', 'use the tools', '--by', 'ann');

  // Three more are granted, and fail for another reason.
  expect(await asked('thrice', id(6), id(3))).toMatchObject({ reason: expect.stringMatching(/whole[^]*This is failure 3 in a row\./) });
  expect(requests('use the tools').length).toBeGreaterThan(0);
  service.messages.setScenario({ steps: line('broken', 'one'), whenDone: 'loop' });
  await signal(service, 'thrice', { breakpoint: id(6), action: 'retry', note: 'leave it whole', by: 'bob' });

  await asked('thrice', id(9), id(6));
  expect(requests('leave it whole').length).toBeGreaterThan(0);
  expect(taskIn((await statusNow('thrice')) as StatusMilestone, 'one')?.turns.map(({ rule }) => rule)).toEqual([
    'no_work_done_retry', 'no_work_done_retry', 'no_work_done_final', ...['check_failed_retry', 'check_failed_retry', 'check_failed_final'], ...['check_failed_retry', 'check_failed_retry', 'check_failed_final'],
  ]);
  await update(service, 'thrice', { breakpoint: id(9), action: 'abort', note: 'enough', by: 'eve' });

  const ended = await milestoneWhen(service, 'thrice', ({ state }) => state === 'failed', 'the milestone to fail');
  expect(ended).toMatchObject({ waitingFor: [], reason: `aborted by eve at ${id(9)}: enough`, tasks: [{ state: 'failed', turns: { length: 9 } }] });
  expect(readFileSync(join(workspace, 'one.txt'), 'utf8')).toBe(`x\n${'broken\n'.repeat(6)}`);
  const lease = await eventually(async () => service.db.selectFrom('workspace_lease').select('holder').where('project', '=', 'thrice').where('holder', 'is', null).executeTakeFirst(), { what: 'the workspace to be given back' });
  expect(lease).toEqual({ holder: null });
  const kind = 'consecutive_failures';
  expect(await answers('thrice')).toEqual([
    { kind, action: 'revise', via: 'cli', answered_by: 'ann', note: 'use the tools' }, { kind, action: 'retry', via: 'signal', answered_by: 'bob', note: 'leave it whole' },
    { kind, action: 'abort', via: 'update', answered_by: 'eve', note: 'enough' },
  ]);
}, 600_000);
