/** A usage limit as a person meets it: asleep in `status`, open in `inbox`, shortened by `answer`; the same turn goes on. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService, writePlan } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService();
}, 300_000);
afterAll(() => service.close());

test('it sleeps until the reset, is shown so, and goes on at once when a person says so', async () => {
  const until = new Date(Date.now() + 5 * 3_600_000).toISOString();
  const window = { name: 'five_hour', utilization: 1, status: 'rejected', resetsAt: until };
  const task = { id: 'work', title: 'Work', steps: [{ seq: 1, usage: [window] }, { seq: 1, end: { kind: 'limited' as const, until, message: 'limit' } }, { write: 'src/a.js', content: 'a' }, { say: 'done' }] };
  await service.json('start', writePlan(service, { project: 'limited', milestones: [{ id: 'all', title: 'All', tasks: [task] }], asks: false }));
  const waiting = await milestoneIn(service, 'limited', 'all', 'waiting');
  const [id = ''] = waiting.waitingFor;
  expect(id).toBe('limited/all/work.1/rate_limit_hit.1');
  expect(Date.parse(waiting.sleepingUntil ?? '')).toBeGreaterThanOrEqual(Date.parse(until));
  expect(Date.parse(waiting.sleepingUntil ?? '')).toBeLessThanOrEqual(Date.parse(until) + 60_000);

  const text = (await service.cli('status', 'limited')).stdout;
  expect(text).toMatch(new RegExp(`sleeping until \\d\\d:\\d\\d UTC: ${id}`));
  expect(text).toMatch(/^usage {2}local {2}scripted login {2}five_hour {2}100 % spent, resets at \d\d:\d\d UTC$/m);
  expect(documentOf('status', await service.cli('status', 'limited', '--json')).usage).toMatchObject([{ ...window, host: 'local', account: 'scripted login' }]);
  const [question] = documentOf('inbox', await service.cli('inbox', '--json')).breakpoints;
  expect(question).toMatchObject({ id, priority: 'high', actions: ['wait', 'retry', 'abort'], detail: { until: waiting.sleepingUntil } });

  documentOf('answer', await service.cli('answer', id, 'retry', '--json'));
  const ended = async () => (await milestoneIn(service, 'limited', 'all', 'completed')).tasks[0];
  const done = await eventually(ended, { timeoutMs: 120_000, what: 'the end' });
  expect(done).toMatchObject({ state: 'completed', turns: [{ turn: 1, outcome: 'completed', runs: [{ state: 'exited' }, { state: 'exited' }] }] });
}, 600_000);
