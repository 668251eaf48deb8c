/** A worker is killed in the middle of a turn of the real CLI: the agent does not notice, and nothing is asked of the model twice. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument, StatusTask } from '../../src/db/status.ts';
import { demoScenario } from '../../src/demo/scenario.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/tinyslug');

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(async () => {
  await service?.close();
});

function planFor(project: string, workspace: string): string {
  return JSON.stringify({
    project,
    workspace: { host: 'local', path: workspace },
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } }, attempts: 3 },
    reviewer: { name: 'ollama', model: 'scripted' },
    checks: [{ name: 'test-ascii', run: 'npm run test:ascii' }],
    policy: { permissions: { allow: ['Read', 'Write(src/**)', 'Bash(npm run test*)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'slugs', title: 'Slugs', tasks: [{ id: 'ascii', title: 'ASCII titles', instructions: 'Make slugify work for ASCII titles.' }] }],
  });
}

/** The demo's first task; with `holdAt`, the answer to the first turn's second request waits to be released. */
function stepsFor(workspace: string, hold: string | null): Step[] {
  const steps = demoScenario(workspace).prompts?.[0]?.steps ?? [];
  return steps.map((step, n) => (hold !== null && n === 1 ? { ...step, waitFor: hold } : step));
}

const taskOf = async (project: string): Promise<StatusTask | undefined> => {
  const { projects } = await service.json<StatusDocument>('status', project);
  return projects[0]?.milestones[0]?.tasks[0];
};

async function begin(project: string, hold: string | null): Promise<string> {
  const workspace = join(service.dir, project);
  cpSync(EXAMPLE, workspace, { recursive: true });
  service.messages.setScenario({ steps: stepsFor(workspace, hold) });
  const folder = service.folder(`${project}-plan`, { 'holdpoint.yaml': planFor(project, workspace) });
  await service.json('start', join(folder, 'holdpoint.yaml'));
  return workspace;
}

/** Waits for the project's end and gives its only task. */
async function finish(project: string): Promise<StatusTask> {
  const isDone = async (): Promise<boolean> => (await service.json<StatusDocument>('status', project)).projects[0]?.state === 'completed';
  await eventually(isDone, { timeoutMs: 120_000, everyMs: 500, what: `the end of ${project}` });
  const task = await taskOf(project);
  if (!task) throw new Error('the task has vanished');
  return task;
}

test('the same Claude process goes on, and the model gets no request twice', async () => {
  await begin('undisturbed', null);
  const calm = await finish('undisturbed');
  const calmRequests = service.messages.stats().main;

  await begin('disturbed', 'the kill');
  const process = await eventually(async () => {
    const pid = (await taskOf('disturbed'))?.turns[0]?.runs[0]?.pid;
    return pid && service.messages.stats().main === 2 ? { pid, start: processStart(pid) } : null;
  }, { timeoutMs: 120_000, what: 'the first turn, waiting for its second answer' });

  await service.worker.kill();
  expect(processStart(process.pid)).toBe(process.start);
  await service.startWorker();
  service.messages.release('the kill');
  const disturbed = await finish('disturbed');

  expect(disturbed.turns.map(({ runs }) => runs.length)).toEqual([1, 1]);
  expect(disturbed.turns[0]?.runs[0]?.pid).toBe(process.pid);
  expect(service.messages.stats().main).toBe(calmRequests);
  expect(disturbed.turns.map(({ decision, rule }) => [decision, rule])).toEqual(calm.turns.map(({ decision, rule }) => [decision, rule]));
}, 600_000);
