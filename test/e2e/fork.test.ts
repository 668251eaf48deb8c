/** Another way on from where a turn has ended: the real CLI in a session of its own, in a real worktree, beside work that nobody touches. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 300_000);
afterAll(() => service?.close());

const at = (...parts: string[]): string => join(service.dir, 'colours', ...parts);
const write = (path: string, content: string): Step => ({ tool: 'Write', input: { file_path: path, content } });
const git = (folder: string, ...args: string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' });

/** All files with their bytes, without git's own. */
const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes('/.git/'))
    .map((entry) => join(entry.parentPath, entry.name)).filter((path) => !path.endsWith('/.git')).sort().map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));

async function state(milestone: string): Promise<StatusDocument['projects'][number]['milestones'][number]> {
  const found = (await service.json<StatusDocument>('status', 'colours')).projects[0]?.milestones.find(({ id }) => id === milestone);
  if (!found) throw new Error(`there is no ${milestone}`);
  return found;
}

const completed = (milestone: string) => eventually(async () => {
  const found = await state(milestone);
  if (found.state !== 'completed') throw new Error(`${milestone} is ${found.state}: ${found.reason}`);
  return found;
}, { timeoutMs: 120_000, everyMs: 300, what: `the end of ${milestone}` });

const requests = (session: string) => service.messages.requests().filter((one) => one.counted && one.session === session);

const turnsOf = (milestone: string) => service.db.selectFrom('turn').select(['id', 'turn', 'session_id as session', 'resume', 'prompt', 'tree_before', 'tree_after'])
  .where('project', '=', 'colours').where('milestone', '=', milestone).orderBy('id').execute();

/** One task in two attempts: the check likes the second. */
async function begin(): Promise<void> {
  service.folder('colours', { 'README.md': 'Colours\n', 'kept/empty.txt': '' });
  const as = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  git(at(), 'init', '-q', '-b', 'main');
  git(at(), 'add', '.');
  git(at(), ...as, 'commit', '-q', '-m', 'first');
  service.messages.setScenario({
    prompts: [
      { match: 'Use teal.', steps: [write(`${at()}.m-fork-1/colour.txt`, 'teal'), { text: 'Teal it is.' }] },
      { match: 'Choose a colour.', steps: [write(at('palette.txt'), 'many'), { text: 'The palette has many colours.' }, write(at('colour.txt'), 'red'), { tool: 'Bash', input: { command: 'git tag red' } }, { text: 'Red it is.' }] },
    ],
  });
  const plan = {
    project: 'colours', workspace: { host: 'local', path: at() }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } } }, checks: [{ name: 'colour', run: 'test -e colour.txt' }],
    policy: { permissions: { allow: ['Write(**)', 'Bash(git tag *)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', title: 'A colour', tasks: [{ id: 'choose', instructions: 'Choose a colour.' }] }],
  };
  await service.json('start', join(service.folder('plan', { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  await completed('m');
}

test('a fork goes on from the end of a turn, with its files, its conversation and a note; its origin stays as it is', async () => {
  await begin();
  const [first, second] = await turnsOf('m');
  const before = { files: filesIn(at()), head: git(at(), 'rev-parse', 'HEAD'), status: git(at(), 'status', '--porcelain'), index: readFileSync(at('.git/index')) };
  expect(before.files).toMatchObject({ 'palette.txt': 'many', 'colour.txt': 'red' });

  const ask = ['fork', 'colours/m', '--from', 'choose.1', '--note', 'Use teal.'];
  const effect = 'choose #2: git tag red: changes the repository, which a restore does not touch';
  expect(await service.cli(...ask)).toMatchObject({ code: 4, stderr: expect.stringContaining(effect) });
  expect(await service.db.selectFrom('milestone').select('id').where('project', '=', 'colours').execute()).toEqual([{ id: 'm' }]);
  const made = documentOf('fork', await service.cli(...ask, '--yes', '--json'));
  expect(made).toEqual({
    target: 'colours/m-fork-1', from: 'colours/m/choose.1', workflowId: 'holdpoint/colours/m-fork-1', host: 'local', path: `${at()}.m-fork-1`,
    branch: 'holdpoint/colours/m-fork-1', tree: first?.tree_after, effects: [effect], moreEffects: 0, session: true,
  });
  const fork = await completed('m-fork-1');
  expect([fork.forkOf, fork.tasks.map(({ state: is, turns }) => [is, turns.length])]).toEqual(['colours/m/choose.1', [['completed', 1]]]);

  // The files of then, and what the note led to.
  expect(filesIn(made.path)).toEqual({ 'README.md': 'Colours\n', 'kept/empty.txt': '', 'palette.txt': 'many', 'colour.txt': 'teal' });
  // The session of then: a new one, which knows the first attempt and not the second.
  const [only] = await turnsOf('m-fork-1');
  expect([only?.session === first?.session, first?.session === second?.session, only?.resume, only?.tree_before]).toEqual([false, true, true, first?.tree_after]);
  expect(only?.prompt).toContain('Use teal.');
  expect(only?.prompt).toContain('It goes on from an earlier point, in a copy of the workspace');
  expect(only?.prompt).toContain('colour');
  const [forked] = requests(only?.session ?? '');
  const original = requests(first?.session ?? '');
  expect(forked?.messages).toBeGreaterThanOrEqual(original[2]?.messages ?? Number.POSITIVE_INFINITY);
  expect(original.length).toBe(5);
  const [path = ''] = globSync(join(service.dir, 'host-state/sessions', only?.session ?? '', 'projects/*/*.jsonl'));
  const transcript = readFileSync(path, 'utf8');
  expect(['The palette has many colours.', 'Use teal.', 'Red it is.'].map((text) => transcript.includes(text))).toEqual([true, true, false]);

  expect({ files: filesIn(at()), head: git(at(), 'rev-parse', 'HEAD'), status: git(at(), 'status', '--porcelain'), index: readFileSync(at('.git/index')) }).toEqual(before);
  expect(git(at(), 'worktree', 'list')).toContain(made.branch);

  // What a restore of it would do changes nothing there.
  const { id } = await service.db.selectFrom('checkpoint').select('id').where('milestone', '=', 'm-fork-1').where('kind', '=', 'after').executeTakeFirstOrThrow();
  service.folder('colours.m-fork-1', { 'own.txt': 'of a person' });
  expect(documentOf('restore', await service.cli('restore', String(id), '--dry-run', '--json')).changes.map(({ path: one }) => one)).toEqual(['own.txt']);
  expect(filesIn(made.path)).toMatchObject({ 'own.txt': 'of a person', 'colour.txt': 'teal' });
  rmSync(join(made.path, 'own.txt'));
}, 600_000);

test('both are put side by side', async () => {
  const found = documentOf('compare', await service.cli('compare', 'colours/m', 'colours/m-fork-1', '--json'));
  expect([found.a.checks, found.b.checks].map((checks) => checks.map(({ outcome }) => outcome))).toEqual([['fixed'], ['fixed']]);
  expect([found.a.turns, found.b.turns, found.sameTree]).toEqual([2, 1, false]);
  expect(found.changes).toEqual([expect.objectContaining({ op: 'modify', path: 'colour.txt' })]);
  expect((await service.cli('status', 'colours')).stdout).toContain('m-fork-1  fork of colours/m/choose.1  (completed)');
  // What the project itself has changed is not what a fork has.
  const diff = documentOf('diff', await service.cli('diff', 'colours', '--json'));
  expect(diff.to).toBe(found.a.to);
}, 600_000);

test('the fork is brought back: the workspace is exactly its files; a restore undoes that', async () => {
  const [origin, fork] = [filesIn(at()), filesIn(`${at()}.m-fork-1`)];
  const shown = documentOf('restore', await service.cli('fork', 'colours/m-fork-1', '--bring-back', '--dry-run', '--json'));
  expect([shown.restored, shown.milestone, shown.changes.map(({ op, path }) => [op, path]), filesIn(at())]).toEqual([false, 'm', [['modify', 'colour.txt']], origin]);
  // What a person has written since is in the way of nothing, and comes back with the rest.
  service.folder('colours', { 'own.txt': 'of a person' });
  const done = documentOf('restore', await service.cli('fork', 'colours/m-fork-1', '--bring-back', '--json'));
  expect([done.restored, done.exact, done.notRestored]).toEqual([true, true, []]);
  expect(filesIn(at())).toEqual(fork);
  expect(documentOf('restore', await service.cli('fork', 'colours/m-fork-1', '--bring-back', '--json')).changes).toEqual([]);
  expect(documentOf('restore', await service.cli('restore', done.undo ?? '', '--json'))).toMatchObject({ exact: true });
  expect(filesIn(at())).toEqual({ ...origin, 'own.txt': 'of a person' });
  // A decision of the origin says what became of its files; one of the fork is about other files.
  const restoresOf = async (target: string) => documentOf('decisions', await service.cli('decisions', target, '--json')).restores?.map(({ taken }) => taken);
  expect(await restoresOf('colours/m')).toEqual(['m-fork-1, after choose #1', 'm-fork-1, after choose #1', 'before a restore']);
  expect(await restoresOf('colours/m-fork-1')).toEqual([]);
  // The fork's own files were never touched, and the origin shows the run it had.
  expect(filesIn(`${at()}.m-fork-1`)).toEqual(fork);
  expect((await state('m')).tasks[0]?.turns.length).toBe(2);
  expect(await service.cli('fork', 'colours/m', '--bring-back')).toMatchObject({ code: 2, stderr: expect.stringContaining('is no fork') });
}, 600_000);

test('a restore of the fork says itself what its files are to be: what a person has written there stays until then', async () => {
  const path = `${at()}.m-fork-1`;
  service.folder('colours.m-fork-1', { 'own.txt': 'of a person' });
  const before = filesIn(path);
  const { id } = await service.db.selectFrom('checkpoint').select('id').where('milestone', '=', 'm-fork-1').where('kind', '=', 'after').executeTakeFirstOrThrow();
  const shown = documentOf('restore', await service.cli('restore', String(id), '--dry-run', '--json'));
  expect([shown.changes.map(({ op, path: one }) => [op, one]), filesIn(path)]).toEqual([[['delete', 'own.txt']], before]);
  const done = documentOf('restore', await service.cli('restore', String(id), '--json'));
  expect(documentOf('restore', await service.cli('restore', done.undo ?? '', '--json'))).toMatchObject({ exact: true });
  expect(filesIn(path)).toEqual(before);
}, 600_000);

test('what cannot be forked is refused with the way out', async () => {
  const refused: [string[], number, string][] = [
    [['colours/m', '--from', 'choose.3'], 3, 'there is no turn colours/m/choose.3'], [['colours/m', '--from', 'choose'], 2, 'is no turn of colours/m'],
    [['colours', '--from', 'choose.1'], 2, 'is no milestone'], [['colours/n', '--from', 'choose.1'], 3, 'there is no milestone colours/n'],
    [['colours/m', '--from', 'choose.1', '--dry-run'], 2, '--dry-run goes with --bring-back'], [['colours/m', '--from', 'colours/n/choose.1'], 2, 'is no turn of colours/m'], [['colours/m', '--from', 'choose.1', '--note', 'x'.repeat(2_001)], 2, 'the note may have'],
  ];
  for (const [args, code, words] of refused) expect(await service.cli('fork', ...args)).toMatchObject({ code, stderr: expect.stringContaining(words) });
  expect(await service.db.selectFrom('milestone').select('id').where('project', '=', 'colours').orderBy('id').execute()).toEqual([{ id: 'm' }, { id: 'm-fork-1' }]);
}, 600_000);
