/** Forks of tasks that worked in worktrees of their own, side by side, on a real repository: with the worktree still there, and after it came back. */
import { execFileSync } from 'node:child_process';
import { globSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scriptedPrompt } from '../../src/agents/scripted.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService({ env: { HOLDPOINT_HOST_SEATS: 'local=3' } });
}, 300_000);
afterAll(() => service?.close());

const at = (...parts: string[]): string => join(service.dir, 'pair', 'workspace', ...parts);
const git = (...args: string[]): string => execFileSync('git', ['-C', at(), '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8' }).trim();

/** What the two have written, without git's own and what is linked. */
const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(globSync('*.txt', { cwd: folder }).sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));

const go = (task: string): void => writeFileSync(join(service.dir, `${task}.go`), '');

/** Each changes a line of its own, and one that both change. */
async function begin(): Promise<void> {
  service.folder('pair/workspace', {
    'a.txt': 'one\ntwo\nthree\n', '.gitignore': 'node_modules\n', 'node_modules/x.js': 'x',
    'turn.sh': `while [ ! -e ${service.dir}/$1.go ]; do sleep 0.05; done\nsed -i "$2" a.txt\necho $1 >> c.txt\n`,
  });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  const taskOf = ([id, edit]: [string, string]): object => ({ id, isolation: 'worktree', instructions: scriptedPrompt([{ turn: 1, run: `sh turn.sh ${id} ${edit}` }]) });
  const plan = {
    project: 'pair', agent: { name: 'scripted' }, workspace: { host: 'local', path: at() }, reviewer: { name: 'ollama', model: 'scripted' },
    checks: [{ name: 'linked', run: 'cat node_modules/x.js' }],
    policy: { permissions: { allow: ['Bash(sh turn.sh *)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks: Object.entries({ left: 's/one/ONE/', right: 's/three/THREE/' }).map(taskOf) }],
  };
  await service.json('start', join(service.folder('pair/plan', { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  const worktrees = async () => (await milestoneIn(service, 'pair', 'm', 'running')).worktrees.length;
  await eventually(async () => (await worktrees()) === 2, { timeoutMs: 120_000, what: 'both worktrees' });
  go('left');
  await eventually(async () => (await worktrees()) === 1, { timeoutMs: 120_000, what: 'the left one back' });
  go('right');
  await milestoneIn(service, 'pair', 'm', 'waiting');
}

const fork = async (from: string) => documentOf('fork', await service.cli('fork', 'pair/m', '--from', from, '--json'));

const question = async (): Promise<string> =>
  (await service.db.selectFrom('breakpoint').select('id').where('kind', '=', 'merge_conflict').where('answered_at', 'is', null).executeTakeFirstOrThrow()).id;

const BOTH = 'ONE\ntwo\nTHREE\n';

test('a fork of a turn in a task\'s worktree does again what ran beside it, one after the other, in its own worktree', async () => {
  await begin();
  expect(filesIn(at())).toEqual({ 'a.txt': 'ONE\ntwo\nthree\n', 'c.txt': 'left\n' });
  const made = await fork('right.1');
  expect(made.path).toBe(`${at()}.m-fork-1`);
  const { tasks, worktrees } = await milestoneIn(service, 'pair', 'm-fork-1', 'completed');
  expect([tasks.map(({ id, state, turns }) => [id, state, turns.length]), worktrees]).toEqual([[['left', 'completed', 1], ['right', 'completed', 1]], []]);
  expect(filesIn(made.path)).toEqual({ 'a.txt': BOTH, 'c.txt': 'right\nright\nleft\n' });
  expect(lstatSync(join(made.path, 'node_modules')).isSymbolicLink()).toBe(true);
  // While the question is open the origin's own is not written over.
  expect(await service.cli('fork', 'pair/m-fork-1', '--bring-back')).toMatchObject({ code: 4, stderr: expect.stringContaining('tasks work in worktrees beside it (right)') });
  const { worktrees: [place] } = await milestoneIn(service, 'pair', 'm', 'waiting');
  writeFileSync(join(place?.path ?? '', 'c.txt'), 'left and right\n');
  await service.json('answer', await question(), 'resolved');
  await milestoneIn(service, 'pair', 'm', 'completed');
  expect(filesIn(at())).toEqual({ 'a.txt': BOTH, 'c.txt': 'left and right\n' });
}, 600_000);

test('a fork of a turn whose worktree came back and is gone begins with its files; both are compared by what all their tasks have come to', async () => {
  const made = await fork('left.1');
  await milestoneIn(service, 'pair', 'm-fork-2', 'completed');
  expect(filesIn(made.path)).toEqual({ 'a.txt': BOTH, 'c.txt': 'left\nleft\nright\n' });
  const found = documentOf('compare', await service.cli('compare', 'pair/m', 'pair/m-fork-2', '--json'));
  expect(found.changes?.map(({ op, path }) => [op, path])).toEqual([['modify', 'c.txt']]);
  expect(documentOf('compare', await service.cli('compare', 'pair/m', 'pair/m-fork-1', '--json')).changes?.map(({ path }) => path)).toEqual(['c.txt']);
}, 600_000);

test('it is brought back into the workspace, and a restore undoes that', async () => {
  const before = filesIn(at());
  const done = documentOf('restore', await service.cli('fork', 'pair/m-fork-2', '--bring-back', '--json'));
  expect([done.exact, done.milestone, done.changes.map(({ path }) => path)]).toEqual([true, 'm', ['c.txt']]);
  expect(filesIn(at())).toEqual(filesIn(`${at()}.m-fork-2`));
  expect(documentOf('restore', await service.cli('restore', done.undo ?? '', '--json'))).toMatchObject({ exact: true });
  expect(filesIn(at())).toEqual(before);
}, 600_000);

test('the checkpoint of a task that came back is restored into the workspace as it is, without what others have done', async () => {
  const before = filesIn(at());
  const { id } = await service.db.selectFrom('checkpoint').innerJoin('turn', 'turn.id', 'checkpoint.turn_id').select('checkpoint.id')
    .where('checkpoint.milestone', '=', 'm').where('turn.task', '=', 'right').where('checkpoint.kind', '=', 'after').executeTakeFirstOrThrow();
  const shown = documentOf('restore', await service.cli('restore', String(id), '--dry-run', '--json'));
  expect([shown.changes.map(({ path }) => path), shown.effects, filesIn(at())]).toEqual([['a.txt', 'c.txt'], [], before]);
  const done = documentOf('restore', await service.cli('restore', String(id), '--json'));
  expect([done.exact, filesIn(at())]).toEqual([true, { 'a.txt': 'one\ntwo\nTHREE\n', 'c.txt': 'right\n' }]);
  expect(documentOf('restore', await service.cli('restore', done.undo ?? '', '--json'))).toMatchObject({ exact: true });
  expect([filesIn(at()), git('status', '--porcelain'), git('branch', '--show-current')]).toEqual([before, ' M a.txt\n?? c.txt'.trim(), 'main']);
}, 600_000);
