/** A worker that is told to end lets go of its turn: the agent works on, and the next worker goes on with the same process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument, StatusTurn } from '../../src/db/status.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { startScriptedService, writePlan } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService();
}, 90_000);
afterAll(() => service.close());

const task = { id: 'work', title: 'Work', steps: [{ write: 'src/a.js', content: 'a' }, { waitFor: 'go' }, { say: 'the key is no-secret-the-models-are-scripted' }] };

async function firstRun(project: string): Promise<StatusTurn['runs'][number] | undefined> {
  const { projects } = await service.json<StatusDocument>('status', project);
  return projects[0]?.milestones[0]?.tasks[0]?.turns[0]?.runs[0];
}

test('SIGTERM detaches, another worker attaches, and a key that the agent prints is stored nowhere', async () => {
  const plan = writePlan(service, { project: 'handed-on', milestones: [{ id: 'all', title: 'All', tasks: [task] }], asks: false, auth: { apiKey: { env: 'TEST_API_KEY' } } });
  await service.json('start', plan);
  const waits = async (): Promise<boolean> => (await service.cli('logs', 'handed-on')).stdout.includes('toolUse Read');
  await eventually(waits, { timeoutMs: 60_000, everyMs: 200, what: 'the agent to wait' });
  const run = await firstRun('handed-on');
  const start = processStart(run?.pid ?? 0);
  expect(start).toBeDefined();

  await service.worker.stop();
  expect(processStart(run?.pid ?? 0)).toBe(start);
  await service.startWorker();
  writeFileSync(join(service.dir, 'handed-on/workspace/go'), '');
  const ended = async (): Promise<boolean> => (await service.json<StatusDocument>('status', 'handed-on')).projects[0]?.state === 'completed';
  await eventually(ended, { timeoutMs: 90_000, everyMs: 300, what: 'the end of the project' });
  expect(await firstRun('handed-on')).toMatchObject({ key: run?.key, pid: run?.pid });

  const { stdout } = await service.cli('logs', 'handed-on', '--json');
  expect(stdout).toContain('the key is [redacted]');
  const rows = await service.db.selectFrom('agent_event').select(['raw', 'text', 'json']).execute();
  expect(rows.map(({ raw, text, json }) => `${raw.toString()}${text}${JSON.stringify(json)}`).join('\n')).not.toContain('no-secret-the-models');
}, 200_000);

test('a mistake in its configuration is a sentence and exit code 2', () => {
  const worker = join(import.meta.dirname, '../../src/worker.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', worker], { env: { ...service.env, HOLDPOINT_LOG_LEVEL: 'loud' }, encoding: 'utf8' });
  expect(status).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', msg: expect.stringContaining('HOLDPOINT_LOG_LEVEL: must be') });
});
