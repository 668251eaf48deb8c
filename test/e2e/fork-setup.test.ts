/** A fork of a plan whose worktrees are made ready by a command: the fork's is as well, and a person is asked where it fails. */
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scriptedPrompt } from '../../src/agents/scripted.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService();
}, 120_000);
afterAll(() => service?.close());

const at = (project: string, ...parts: string[]): string => join(service.dir, project, 'workspace', ...parts);

/** A project of one task that is done, in a repository; nothing of its plan works in a worktree. */
async function begin(project: string, more: object): Promise<void> {
  const path = service.folder(`${project}/workspace`, { 'a.txt': 'one\n', '.gitignore': 'node_modules\n', 'node_modules/x.js': 'of the workspace\n' });
  const git = (...args: string[]): unknown => execFileSync('git', ['-C', path, '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args]);
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  const plan = {
    project, agent: { name: 'scripted' }, workspace: { host: 'local', path }, reviewer: { name: 'ollama', model: 'scripted' }, ...more,
    checks: [{ name: 'made', run: 'cat node_modules/x.js' }],
    policy: { permissions: { allow: ['Bash(sed *)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks: [{ id: 'work', instructions: scriptedPrompt([{ turn: 1, run: 'sed -i s/one/ONE/ a.txt' }]) }] }],
  };
  await service.json('start', join(service.folder(`${project}/plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  await milestoneIn(service, project, 'm', 'completed');
}

const fork = async (project: string): Promise<string> => documentOf('fork', await service.cli('fork', `${project}/m`, '--from', 'work.1', '--json')).path;

const asked = async (): Promise<{ id: string; kind: string; reason: string } | undefined> =>
  service.db.selectFrom('breakpoint').select(['id', 'kind', 'reason']).where('answered_at', 'is', null).executeTakeFirst();

test('setup runs in a fork before anything is begun there; where it fails a person is asked, and retry runs it again', async () => {
  const setup = `test -e ${service.dir}/npm || { echo no npm here; exit 3; }; mkdir -p node_modules; echo made anew >> node_modules/x.js`;
  await begin('made', { isolation: { setup } });
  const path = await fork('made');
  const question = await eventually(asked, { timeoutMs: 60_000, what: 'a question about the setup' });
  expect(question).toMatchObject({ kind: 'consecutive_failures', reason: expect.stringMatching(/isolation\.setup failed in the worktree .*m-fork-1 \(exit code 3\): no npm here/) });
  expect(existsSync(join(path, 'node_modules'))).toBe(false);
  expect((await milestoneIn(service, 'made', 'm-fork-1', 'waiting')).tasks.map(({ turns }) => turns.length)).toEqual([0]);
  writeFileSync(join(service.dir, 'npm'), '');
  await service.json('answer', question.id, 'retry');
  const { tasks } = await milestoneIn(service, 'made', 'm-fork-1', 'completed');
  expect(tasks).toMatchObject([{ id: 'work', state: 'completed' }]);
  // Once, in the fork alone; nothing is linked where there is a setup.
  expect(readFileSync(join(path, 'node_modules/x.js'), 'utf8')).toBe('made anew\n');
  expect(readFileSync(at('made', 'node_modules/x.js'), 'utf8')).toBe('of the workspace\n');
}, 180_000);

test('where the plan says nothing of worktrees, a fork finds what the workspace has installed', async () => {
  await begin('linked', {});
  const path = await fork('linked');
  await milestoneIn(service, 'linked', 'm-fork-1', 'completed');
  expect(readlinkSync(join(path, 'node_modules'))).toBe(at('linked', 'node_modules'));
}, 180_000);
