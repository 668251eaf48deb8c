/** Words of a person reach the real CLI's model in the middle of its turn, or the next prompt; nothing is told twice, nothing is lost. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument, StatusMilestone } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 300_000);
afterAll(() => service?.close());

/** A tool call that lasts until the file is there. */
const waitsFor = (file: string): Step => ({ tool: 'Bash', input: { command: `while [ ! -e ${file} ]; do sleep 0.1; done; echo ${file} is there` } });

async function begin(project: string, steps: Step[], check = 'test -e good.txt'): Promise<string> {
  const workspace = service.folder(project, { 'README.md': 'x\n' });
  service.messages.setScenario({ steps });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } } }, checks: [{ name: 'good', run: check }],
    policy: { permissions: { allow: ['Write(**)', 'Bash(*)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'Write good.txt.' }] }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  return workspace;
}

const milestone = async (project: string): Promise<StatusMilestone | undefined> => (await service.json<StatusDocument>('status', project)).projects[0]?.milestones[0];

const atWork = (project: string) => eventually(async () => (await service.cli('logs', `${project}/m`)).stdout.includes('Bash while'), { timeoutMs: 120_000, everyMs: 300, what: 'the tool call' });

const completed = (project: string) => eventually(async () => {
  const found = await milestone(project);
  if (found?.state !== 'completed') throw new Error(`it is ${found?.state}: ${JSON.stringify(found?.tasks[0]?.turns)}`);
  return found;
}, { timeoutMs: 120_000, everyMs: 300, what: 'its end' });

/** Requests whose newest message tells it. */
const toldIn = (text: string): string[] => service.messages.requests().map(({ last }) => last).filter((last) => last.includes(text));

const rows = () => service.db.selectFrom('steering').select(['text', 'run_key', 'turn_id', 'read_at']).orderBy('said_at').execute();

test('text reaches the model in the same turn; --next and what no run has read reach the next prompt', async () => {
  const workspace = await begin('tabs', [
    waitsFor('go'), { tool: 'Write', input: { file_path: join(service.dir, 'tabs/half.txt'), content: 'h' } }, { text: 'Half done.' },
    { tool: 'Write', input: { file_path: join(service.dir, 'tabs/good.txt'), content: 'g' } }, { text: 'Done.' },
  ]);
  await atWork('tabs');
  const said = documentOf('steer', await service.cli('steer', 'tabs/m/one', 'Indent with tabs.', '--json'));
  expect(said).toEqual({ target: 'tabs/m/one', accepted: true, reached: [{ milestone: 'm', when: 'turn' }] });
  expect((await service.cli('steer', 'tabs', 'Name it well.', '--next')).stdout).toBe('tabs/m: kept for the next prompt\n');
  const handle = service.temporal.client.workflow.getHandle(milestoneWorkflowId('tabs', 'm'));
  await handle.signal('steer', { text: 'Mind the umlauts.', by: 'a signal' });
  await eventually(async () => (await rows()).some(({ text, run_key: key }) => text === 'Mind the umlauts.' && key !== null), { what: 'the signal to be handed on' });
  service.folder('tabs', { go: '' });

  const done = await completed('tabs');
  expect(done.tasks[0]?.turns.map(({ outcome, runs }) => [outcome, runs.length])).toEqual([['completed', 1], ['completed', 1]]);
  const [first, second] = await service.db.selectFrom('turn').select(['prompt']).where('project', '=', 'tabs').orderBy('turn').execute();
  expect(first?.prompt).not.toContain('tabs.');
  // In the running turn, and never again in a prompt.
  for (const text of ['Indent with tabs.', 'Mind the umlauts.']) {
    expect(toldIn(text)).toEqual([expect.stringContaining('The user sent a new message while you were working')]);
    expect(second?.prompt).not.toContain(text);
  }
  expect(second?.prompt).toContain('Name it well.');
  expect(service.messages.requests().length).toBe(5);
  expect((await rows()).map(({ text, run_key: run, turn_id: turn, read_at: read }) => [text, run !== null, turn !== null, read !== null])).toEqual([
    ['Indent with tabs.', true, false, true], ['Name it well.', false, true, true], ['Mind the umlauts.', true, false, true],
  ]);
  expect((await service.cli('logs', 'tabs/m')).stdout).toContain('Indent with tabs.');
  expect(service.worker.log()).not.toContain('Indent with tabs.');

  const late = await service.cli('steer', 'tabs/m', 'Too late.');
  expect({ code: late.code, stderr: late.stderr }).toEqual({ code: 4, stderr: expect.stringContaining('has ended') });
  expect(workspace).toBe(join(service.dir, 'tabs'));
}, 600_000);

test('nobody is told what makes no sense', async () => {
  await begin('sense', [waitsFor('go'), { tool: 'Write', input: { file_path: join(service.dir, 'sense/good.txt'), content: 'g' } }, { text: 'Done.' }]);
  await atWork('sense');
  const codes = [['sense/m/two', 'x'], ['sense/m', ' '], ['nothing/m', 'x'], ['sense/m/one.1', 'x']].map((args) => service.cli('steer', ...args).then(({ code }) => code));
  expect(await Promise.all(codes)).toEqual([3, 2, 3, 2]);
  service.folder('sense', { go: '' });
  await completed('sense');
}, 600_000);
