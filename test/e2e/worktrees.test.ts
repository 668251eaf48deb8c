/** Tasks side by side in worktrees of a real repository: seen from outside, through every kill of the worker, to a conflict that a person resolves. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusMilestone } from '../../src/db/status.ts';
import { answerSignal, answerUpdate } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService } from './scripted-project.ts';
import { scriptedPrompt } from '../../src/agents/scripted.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService({ env: { HOLDPOINT_HOST_SEATS: 'local=2' } });
}, 300_000);
afterAll(() => service?.close());

const git = (folder: string, ...args: string[]): string => execFileSync('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8' }).trim();

const diaryOf = (project: string): string => join(service.dir, `${project}.diary`);
const diary = (project: string): string[] => (existsSync(diaryOf(project)) ? readFileSync(diaryOf(project), 'utf8').trim().split('\n') : []);

const LINES = 'one\ntwo\nthree\nfour\nfive\n';

interface Repository {
  workspace: string;
  plan: string;
  /** What must be as it was: branch, its commit, what is staged. */
  before: string;
}

const userState = (workspace: string): string => [git(workspace, 'rev-parse', 'HEAD'), git(workspace, 'symbolic-ref', 'HEAD'), git(workspace, 'ls-files', '-s'), git(workspace, 'stash', 'list')].join('\n');

/** `tasks`: what each does to `a.txt`, by `sed`. Each says when it begins and ends, and waits for a file. */
function repository(project: string, tasks: Record<string, string>, extra: { milestones?: object[]; check?: string } = {}): Repository {
  const workspace = service.folder(`${project}/workspace`, {
    'a.txt': LINES, 'resolve.sh': "sed -i '/^[<=>]/d' a.txt\n",
    'turn.sh': `echo begin $1 >> ${diaryOf(project)}\nwhile [ ! -e ${service.dir}/${project}.go ]; do sleep 0.05; done\nsed -i "$2" a.txt\necho end $1 >> ${diaryOf(project)}\n`,
  });
  git(workspace, 'init', '-q', '-b', 'main');
  git(workspace, 'add', '-A');
  git(workspace, 'commit', '-qm', 'first');
  writeFileSync(join(workspace, 'b.txt'), 'not committed');
  const taskOf = ([id, edit]: [string, string]): object => ({ id, isolation: 'worktree', instructions: scriptedPrompt([{ turn: 1, run: `sh turn.sh ${id} ${edit}` }, { turn: 2, run: 'sh resolve.sh' }]) });
  const plan = {
    project, agent: { name: 'scripted' }, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    checks: [{ name: 'look', run: extra.check ?? 'cat a.txt' }],
    policy: { permissions: { allow: ['Bash(sh turn.sh *)', 'Bash(sh resolve.sh)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: extra.milestones ?? [{ id: 'm', tasks: Object.entries(tasks).map(taskOf) }],
  };
  return { workspace, before: userState(workspace), plan: join(service.folder(`${project}/plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml') };
}

const go = (project: string): void => writeFileSync(join(service.dir, `${project}.go`), '');

const bothAtWork = (project: string): Promise<unknown> =>
  eventually(() => diary(project).filter((line) => line.startsWith('begin')).length === 2, { timeoutMs: 120_000, what: 'both agents at work' });

const conflictIn = async (project: string, n: number): Promise<{ id: string; path: string; milestone: StatusMilestone }> => {
  const { id } = await eventually(async () => (await service.db.selectFrom('breakpoint').select('id').where('project', '=', project).where('kind', '=', 'merge_conflict')
    .where('answered_at', 'is', null).where('id', 'like', `%.${n}`).execute())[0], { timeoutMs: 120_000, what: `conflict ${n}` });
  const milestone = await milestoneIn(service, project, 'm', 'waiting');
  const task = /\/m\/([a-z]+)\./.exec(id)?.[1];
  return { id, milestone, path: milestone.worktrees.find((one) => one.task === task)?.path ?? '' };
};

/** Each task ran once, the workspace holds what both wanted, and the user's own is as it was. */
async function expectWhole(project: string, { workspace, before }: Repository, wanted: string): Promise<void> {
  const { tasks, worktrees } = await milestoneIn(service, project, 'm', 'completed');
  expect(tasks.map(({ turns }) => turns.map(({ runs }) => runs.length))).toEqual(tasks.map(() => [1]));
  expect(diary(project).filter((line) => line.startsWith('begin')).sort()).toEqual(tasks.map(({ id }) => `begin ${id}`).sort());
  expect(readFileSync(join(workspace, 'a.txt'), 'utf8')).toBe(wanted);
  expect(readFileSync(join(workspace, 'b.txt'), 'utf8')).toBe('not committed');
  expect(worktrees).toEqual([]);
  expect(git(workspace, 'worktree', 'list').split('\n')).toHaveLength(1);
  expect(git(workspace, 'branch', '--format=%(refname:short)')).toBe('main');
  expect(userState(workspace)).toBe(before);
}

test('both are at work at once, and their results come back together', async () => {
  const made = repository('pair', { left: 's/one/ONE/', right: 's/five/FIVE/' });
  await service.json('start', made.plan);
  await bothAtWork('pair');
  expect(diary('pair').some((line) => line.startsWith('end'))).toBe(false);
  const { worktrees } = await milestoneIn(service, 'pair', 'm', 'running');
  expect(worktrees.map(({ task, state }) => [task, state])).toEqual([['left', 'open'], ['right', 'open']]);
  expect((await service.cli('status', 'pair')).stdout).toContain(`left works in ${worktrees[0]?.path} on branch holdpoint/pair.m.left.1`);
  go('pair');
  await expectWhole('pair', made, 'ONE\ntwo\nthree\nfour\nFIVE\n');
}, 600_000);

test('a real conflict is resolved by a person: in the file, and said by CLI, by signal or by update; markers that are left are asked about again', async () => {
  const made = repository('clash', { left: 's/one/LEFT/', right: 's/one/RIGHT/' });
  await service.json('start', made.plan);
  await bothAtWork('clash');
  go('clash');
  const first = await conflictIn('clash', 1);
  const [one, other] = first.id.includes('left') ? ['LEFT', 'RIGHT'] : ['RIGHT', 'LEFT'];
  expect(readFileSync(join(first.path, 'a.txt'), 'utf8')).toContain(`<<<<<<< in-the-worktree\n${one}\n=======\n${other}\n>>>>>>> in-the-workspace\n`);
  expect(readFileSync(join(made.workspace, 'a.txt'), 'utf8')).toBe(LINES.replace('one', other));
  await service.json('answer', first.id, 'resolved');
  const second = await conflictIn('clash', 2);
  const handle = service.temporal.client.workflow.getHandle('holdpoint/clash/m');
  await handle.signal(answerSignal, { breakpoint: second.id, action: 'resolved', by: 'ann' });
  const third = await conflictIn('clash', 3);
  writeFileSync(join(third.path, 'a.txt'), LINES.replace('one', 'LEFT AND RIGHT'));
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: third.id, action: 'resolved' }] });
  await expectWhole('clash', made, LINES.replace('one', 'LEFT AND RIGHT'));
}, 600_000);

test('a conflict that the agent resolves: another attempt in the worktree, with both sides in its files', async () => {
  const made = repository('again', { left: 's/one/LEFT/', right: 's/one/RIGHT/' });
  await service.json('start', made.plan);
  await bothAtWork('again');
  go('again');
  const { id } = await conflictIn('again', 1);
  await service.json('answer', id, 'retry');
  const { tasks } = await milestoneIn(service, 'again', 'm', 'completed');
  expect(tasks.map(({ turns }) => turns.length).sort()).toEqual([1, 2]);
  expect(readFileSync(join(made.workspace, 'a.txt'), 'utf8').split('\n').slice(0, 2).sort()).toEqual(['LEFT', 'RIGHT']);
}, 600_000);

const stateOf = async (project: string): Promise<string[]> => (await service.db.selectFrom('worktree').select('state').where('project', '=', project).execute()).map(({ state }) => state);

test('a worker that is killed in each step on the way loses and repeats nothing', async () => {
  const hold = join(service.dir, 'killed.hold');
  // In the workspace itself, which has git's folder and no file of that name, it lasts while it is held.
  const check = `test ! -d .git || { echo check >> ${diaryOf('killed')}; while [ -e ${hold} ]; do sleep 0.05; done; }; cat a.txt`;
  const made = repository('killed', { left: 's/one/ONE/', right: 's/five/FIVE/' }, { check });
  const checks = (): number => diary('killed').filter((line) => line === 'check').length;
  await service.json('start', made.plan);
  const killWhen = async (what: string, isThere: () => boolean | Promise<boolean>): Promise<void> => {
    await eventually(isThere, { timeoutMs: 120_000, everyMs: 10, what });
    await service.worker.kill();
    await service.startWorker();
  };
  await killWhen('a worktree', async () => (await stateOf('killed')).length > 0);
  await killWhen('both agents', () => diary('killed').filter((line) => line.startsWith('begin')).length === 2);
  const before = checks();
  writeFileSync(hold, '');
  go('killed');
  await killWhen('an end', () => diary('killed').some((line) => line.startsWith('end')));
  await killWhen('a merge', async () => (await stateOf('killed')).includes('merging'));
  await killWhen('a check on the merged files', () => checks() > before);
  rmSync(hold);
  await killWhen('a merge that stays', async () => (await stateOf('killed')).some((state) => state === 'merged' || state === 'removed'));
  await expectWhole('killed', made, 'ONE\ntwo\nthree\nfour\nFIVE\n');
}, 600_000);

test('milestones that are isolated run side by side; cancelled, their work stays in its worktree and is a checkpoint', async () => {
  const taskOf = (id: string): object => ({ id, instructions: scriptedPrompt([{ run: `sh turn.sh ${id} s/one/ONE/` }]) });
  const made = repository('stones', {}, { milestones: ['m', 'n'].map((id) => ({ id, dependsOn: [], isolation: 'worktree', tasks: [taskOf(`work-${id}`)] })) });
  await service.json('start', made.plan);
  await bothAtWork('stones');
  const { worktrees: [place] } = await milestoneIn(service, 'stones', 'm', 'running');
  writeFileSync(join(place?.path ?? '', 'half.txt'), 'half done');
  await service.temporal.client.workflow.getHandle('holdpoint/stones').cancel();
  const { worktrees } = await milestoneIn(service, 'stones', 'm', 'cancelled');
  // Each saves its own work, one a moment after the other.
  await milestoneIn(service, 'stones', 'n', 'cancelled');
  expect(worktrees).toMatchObject([{ task: null, state: 'kept', path: place?.path }]);
  expect(readFileSync(join(place?.path ?? '', 'half.txt'), 'utf8')).toBe('half done');
  const rows = await service.db.selectFrom('worktree').select(['saved_tree']).where('project', '=', 'stones').execute();
  expect(rows.map(({ saved_tree: tree }) => tree?.length)).toEqual([40, 40]);
  expect(readFileSync(join(made.workspace, 'a.txt'), 'utf8')).toBe(LINES);
  expect(userState(made.workspace)).toBe(made.before);
}, 180_000);
