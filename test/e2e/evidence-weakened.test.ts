/** The real CLI weakens what proves its work: a person is asked, by CLI and by signal, and each answer has its effect. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { answerSignal } from '../../src/workflows/messages.ts';
import { startService, type Service } from '../support/service.ts';
import { bash } from './asking-project.ts';
import { milestoneIn } from './scripted-project.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
}, 300_000);

afterAll(async () => {
  await service?.close();
});

const TESTS = "import { test } from 'node:test';\ntest('a', () => {});\ntest('b', () => {});\n";

/** A project whose agent follows the steps; gives the id of its first question. */
async function weakening(project: string, steps: Step[]): Promise<string> {
  const workspace = service.folder(project, { 'a.test.mjs': TESTS });
  service.messages.setScenario({ steps });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } } }, checks: [{ name: 'test', run: 'node --test' }],
    policy: { permissions: { allow: ['Bash'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'Write work.txt.' }] }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  const { waitingFor } = await milestoneIn(service, project, 'm', 'waiting');
  expect(waitingFor).toEqual([`${project}/m/one.1/evidence_weakened.1`]);
  return waitingFor[0] ?? '';
}

test('a skipped test is asked about although the check passes; approve lets the same turn go on', async () => {
  const id = await weakening('skips', [bash('echo work > work.txt'), bash(`sed -i "s/test('b'/test.skip('b'/" a.test.mjs`), { text: 'Done.' }]);
  const { stdout } = await service.cli('inbox');
  expect(stdout).toContain(id);
  expect(stdout).toContain('a.test.mjs skips tests in 1 place instead of 0.');
  const decided = (await service.cli('decisions', 'skips')).stdout;
  expect(decided).toMatch(/breakpoint {2}by rule evidence_weakened[^]*check test: pass[^]*testsSkipped: a\.test\.mjs/);
  await service.json('answer', id, 'approve', '--note', 'b comes back next week');
  const { tasks } = await milestoneIn(service, 'skips', 'm', 'completed');
  expect(tasks[0]?.turns).toHaveLength(1);
  expect((await service.cli('decisions', 'skips')).stdout).toContain('proceed  by rule quality_reached');
}, 600_000);

test('retry by a signal: the next prompt says what became weaker, with the note; put back, nothing is asked', async () => {
  const id = await weakening('deletes', [
    bash('echo work > work.txt'), bash('mv a.test.mjs kept.txt'), { text: 'Done.' }, bash('mv kept.txt a.test.mjs'), { text: 'The test is back.' },
  ]);
  await service.temporal.client.workflow.getHandle('holdpoint/deletes/m').signal(answerSignal, { breakpoint: id, action: 'retry', note: 'put the tests back', by: 'ann' });
  const { tasks } = await milestoneIn(service, 'deletes', 'm', 'completed');
  expect(tasks[0]?.turns).toHaveLength(2);
  const prompts = await service.db.selectFrom('turn').select('prompt').where('project', '=', 'deletes').orderBy('turn').execute();
  expect(prompts[1]?.prompt).toContain('2 of its 2 tests are gone: "a", "b"');
  expect(prompts[1]?.prompt).toContain('put the tests back');
}, 600_000);
