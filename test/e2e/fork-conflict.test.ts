/**
 * Two lines of one task that point to opposite decisions: the origin of a fork is found bad, its forks good. Only what was judged after
 * a fork began is asked about, and nothing twice. Real CLI on a scripted API, real worktrees, a reviewer behind the real HTTP seam.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readStatus, type StatusMilestone } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { question } from './asking-project.ts';

const review = (quality: number): object => ({ requirementsMet: [{ requirement: 'all', met: quality > 0.5 }], issues: [], alternatives: [], quality, confidence: 0.9 });

let service: Service;
const at = (): string => join(service.dir, 'shades');
const write = (path: string, content: string): Step => ({ tool: 'Write', input: { file_path: path, content } });

/** Crimson is what the reviewer does not like, unless there is a blue beside it: a fork begins with what its origin wrote. */
const REVIEWS = ['teal', 'blue', 'crimson'].map((match) => ({ match, replies: [{ review: review(match === 'crimson' ? 0.2 : 0.9) }] }));

const completed = (milestone: string): Promise<StatusMilestone> => eventually(async () => {
  const found = (await readStatus(service.db, 'shades')).projects[0]?.milestones.find(({ id }) => id === milestone);
  return found?.state === 'completed' ? found : Promise.reject(new Error(`${milestone} is ${found?.state}: ${found?.reason}`));
}, { timeoutMs: 120_000, everyMs: 200, what: `the end of ${milestone}` });

/** Its first turn is bad. One fork of that has ended well; another has begun, and waits for the test. */
beforeAll(async () => {
  service = await startService({ reviews: { models: ['scripted'], prompts: REVIEWS, otherwise: { review: review(0.2) } } });
  service.folder('shades', { 'README.md': 'Shades\n' });
  const git = (...args: string[]) => execFileSync('git', ['-C', at(), '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  const fork = (n: number, colour: string): string => `${at()}.m-fork-${n}/${colour}.txt`;
  service.messages.setScenario({
    prompts: [
      { match: 'Use teal.', steps: [write(fork(1, 'teal'), 'teal'), { text: 'Teal.' }] },
      { match: 'Use blue.', steps: [{ ...write(fork(2, 'blue'), 'blue'), waitFor: 'blue' }, { text: 'Blue.' }] },
      { match: 'Use navy.', steps: [write(fork(2, 'navy'), 'navy'), { text: 'Navy.' }] },
      { match: 'Choose a shade.', steps: [1, 2, 3].flatMap((n) => [write(join(at(), `shade-${n}.txt`), 'crimson'), { text: 'Crimson.' }]) },
    ],
  });
  const plan = {
    project: 'shades', workspace: { host: 'local', path: at() }, reviewer: { name: 'ollama', model: 'scripted' }, checks: [],
    agent: { name: 'claude-code', attempts: 1, auth: { apiKey: { env: 'TEST_API_KEY' } } },
    policy: { permissions: { allow: ['Write(**)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', title: 'A shade', tasks: [{ id: 'choose', instructions: 'Choose a shade.' }] }],
  };
  await service.json('start', join(service.folder('plan', { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  await question(service, 'shades/m/choose.1/consecutive_failures.1');
  await service.json('fork', 'shades/m', '--from', 'choose.1', '--note', 'Use teal.');
  await completed('m-fork-1');
  await service.json('fork', 'shades/m', '--from', 'choose.1', '--note', 'Use blue.');
  await eventually(() => service.messages.requests().some(({ prompt }) => prompt.includes('Use blue.')), { timeoutMs: 120_000, everyMs: 100, what: 'the second fork at work' });
}, 300_000);

afterAll(() => service?.close());

const decisionsOf = async (target: string) => documentOf('decisions', await service.cli('decisions', target, '--json')).decisions;
const answer = (id: string, ...how: string[]) => service.json('answer', id, ...how);

test('a fork of a bad turn asks nothing: what was there when it began is decided about', async () => {
  const [first] = await decisionsOf('shades/m-fork-1');
  expect(first).toMatchObject({ decision: 'proceed', rule: 'quality_reached', scores: { quality: 0.95 } });
  expect(first?.facts).not.toHaveProperty('forks');
}, 600_000);

test('the origin, bad where its fork was good, asks once', async () => {
  await answer('shades/m/choose.1/consecutive_failures.1', 'retry');
  const asked = await question(service, 'shades/m/choose.2/conflicting_solutions.1');
  expect(asked).toMatchObject({
    priority: 'medium', actions: ['approve', 'retry', 'abort'],
    reason: 'Two lines of this task point to opposite decisions: shades/m/choose.2 has quality 0.10, shades/m-fork-1/choose.1 has 0.95. See both: holdpoint compare shades/m-fork-1/choose.1 shades/m/choose.2',
    detail: { turn: 'shades/m/choose.2', siblings: [{ turn: 'shades/m-fork-1/choose.1', quality: 0.95 }] },
  });
  await answer(asked.id, 'retry');
  expect((await question(service, 'shades/m/choose.3/consecutive_failures.1')).reason).toContain('Too low');
}, 600_000);

test('a good fork whose origin was found bad since it began asks about that turn; the command it names shows both', async () => {
  service.messages.release('blue');
  const asked = await question(service, 'shades/m-fork-2/choose.1/conflicting_solutions.1');
  expect(asked.reason).toContain('shades/m-fork-2/choose.1 has quality 0.95, shades/m/choose.3 has 0.10.');
  expect(asked.detail).toMatchObject({ siblings: [{ turn: 'shades/m/choose.3', quality: 0.1 }] });
  const [, a = '', b = ''] = /holdpoint compare (\S+) (\S+)$/.exec(asked.reason) ?? [];
  const compared = documentOf('compare', await service.cli('compare', a, b, '--json'));
  expect([compared.a.quality, compared.b.quality, compared.sameTree]).toEqual([0.1, 0.95, false]);
}, 600_000);

test('decisions explains it, rejudge finds the same, and the answer goes on without a second question', async () => {
  const [first] = await decisionsOf('shades/m-fork-2');
  expect(first).toMatchObject({ rule: 'conflicting_solutions', facts: { forks: { turn: 'shades/m-fork-2/choose.1', siblings: [{ turn: 'shades/m/choose.3', quality: 0.1 }] } } });
  expect(first?.wouldChange).toContain('With a quality of shades/m/choose.3 of 0.50 or more: proceed (quality_reached).');
  expect(documentOf('rejudge', await service.cli('rejudge', 'shades/m-fork-2', '--json'))).toMatchObject({ differing: 0 });
  await answer('shades/m-fork-2/choose.1/conflicting_solutions.1', 'retry', '--note', 'Use navy.');
  const { tasks } = await completed('m-fork-2');
  expect(tasks[0]?.turns.map(({ rule }) => rule)).toEqual(['conflicting_solutions', 'quality_reached']);
  expect((await decisionsOf('shades/m-fork-2')).at(-1)?.facts).not.toHaveProperty('forks');
}, 600_000);

test('the origin goes on without that task when a person skips it', async () => {
  await answer('shades/m/choose.3/consecutive_failures.1', 'skip');
  await completed('m');
}, 600_000);
