/** The real CLI while its API hangs, and in the middle of a tool: asked about, stopped, cancelled, always with its files on record. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument, StatusMilestone } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { milestoneWhen as whenMilestone } from './asking-project.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
}, 300_000);

afterAll(async () => {
  await service?.close();
});

/** Longer than the CLI takes to start on a busy machine: until then it says nothing, and what it says first would close the question. */
const SILENT_AFTER = '20s';

async function begin(project: string, steps: Step[]): Promise<string> {
  const workspace = service.folder(project, { 'README.md': 'x\n' });
  service.messages.setScenario({ steps });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } } },
    policy: { permissions: { allow: ['Write(**)', 'Bash(*)'] }, breakpoints: { milestone_completion: { enabled: false } }, watchdog: { silentAfter: SILENT_AFTER } },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'Write half.txt.' }] }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  return workspace;
}

const milestoneWhen = (project: string, is: (milestone: StatusMilestone) => boolean, what: string): Promise<StatusMilestone> => whenMilestone(service, project, is, what);

const firstRun = ({ tasks }: StatusMilestone) => tasks[0]?.turns[0]?.runs[0];
const diffPaths = async (target: string): Promise<string[]> => documentOf('diff', await service.cli('diff', target, '--json')).changes.map(({ path }) => path);

test('an API that hangs opens a question while the agent lives; retry ends it with proof, and the next attempt succeeds', async () => {
  const workspace = join(service.dir, 'hangs');
  await begin('hangs', [{ hang: true }]);
  const id = 'hangs/m/one.1/stalled.1';
  const asked = await milestoneWhen('hangs', ({ waitingFor }) => waitingFor.includes(id), 'the question');
  const pid = firstRun(asked)?.pid ?? 0;
  expect(processStart(pid)).toBeDefined();
  expect(firstRun(asked)).toMatchObject({ state: 'running', liveness: 'silent' });
  expect((await service.cli('status', 'hangs')).stdout).toContain('one: its agent lives and has said nothing since ');
  expect((await service.cli('inbox')).stdout).toMatch(/stalled\.1 {2}medium[^]*The agent lives and has said nothing for \d+ s\.[^]*actions: wait, retry, abort/);

  service.messages.setScenario({ steps: [{ tool: 'Write', input: { file_path: join(workspace, 'half.txt'), content: 'whole\n' } }, { text: 'Done.' }] });
  await service.json('answer', id, 'retry', '--note', 'again');
  const done = await milestoneWhen('hangs', ({ state }) => state === 'completed', 'its end');
  expect(processStart(pid)).toBeUndefined();
  expect(done.tasks[0]?.turns.map(({ outcome, runs }) => [outcome, runs.map((run) => run.state)])).toEqual([['interrupted', ['exited']], ['completed', ['exited']]]);
  expect(await diffPaths('hangs/m/one.2')).toEqual(['half.txt']);
  const notes = await service.db.selectFrom('event').select('message').where('project', '=', 'hangs').where('kind', '=', 'run_stopped').execute();
  expect(notes).toEqual([{ message: expect.stringMatching(/^stopped by .*; nothing is left \((marker|cgroup)\)$/) }]);
}, 600_000);

test('cancel in the middle of a tool with an escapee: nothing is left, the files are on record, every state is true', async () => {
  const command = 'setsid sh -c "sleep 617" & echo $! > escapee.pid; echo half > half.txt; sleep 618';
  const workspace = await begin('cancelled', [{ tool: 'Bash', input: { command } }, { text: 'never' }]);
  const file = join(workspace, 'escapee.pid');
  const escapee = await eventually(() => (existsSync(file) && existsSync(join(workspace, 'half.txt')) ? Number(readFileSync(file, 'utf8')) : null), { timeoutMs: 120_000, what: 'the tool' });
  const agent = firstRun(await milestoneWhen('cancelled', (m) => firstRun(m)?.pid !== null, 'the agent'))?.pid ?? 0;
  expect([agent, escapee].map((pid) => processStart(pid) === undefined)).toEqual([false, false]);

  const { code, stdout } = await service.cli('cancel', 'cancelled');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^cancelled: cancelled\n[^]*cancelled: .*; nothing is left \((marker|cgroup)\)\n[^]*one #1: its files are kept as checkpoint [0-9a-f]{40}, 2 changed\n/) });
  expect([agent, escapee].map((pid) => processStart(pid))).toEqual([undefined, undefined]);
  const [project] = (await service.json<StatusDocument>('status', 'cancelled')).projects;
  expect(project).toMatchObject({
    state: 'cancelled',
    milestones: [{ state: 'cancelled', waitingFor: [], tasks: [{ state: 'cancelled', changedFiles: 2, turns: [{ outcome: 'interrupted', runs: [{ state: 'exited', liveness: null }] }] }] }],
  });
  expect((await diffPaths('cancelled/m/one.1')).sort()).toEqual(['escapee.pid', 'half.txt']);
  const kept = await service.db.selectFrom('checkpoint').select('kind').where('project', '=', 'cancelled').where('turn_id', 'is not', null).orderBy('id').execute();
  expect(kept.map(({ kind }) => kind)).toEqual(['before', 'after']);
  expect(await service.db.selectFrom('workspace_lease').select('holder').where('workspace', '=', workspace).execute()).toEqual([{ holder: null }]);
}, 600_000);
