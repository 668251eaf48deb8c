/**
 * Files go back: because a person answers `restore`, by each way, and by the command. Real CLI on a scripted API, real checks; the
 * workspace is compared byte for byte with what it was.
 */
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readInbox } from '../../src/db/inbox.ts';
import type { RestoreDocument } from '../../src/domain/documents/restore.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { documentOf, errorOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { exactly } from '../support/tree-walk.ts';
import { bash } from './asking-project.ts';
import { milestoneIn } from './scripted-project.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
}, 300_000);

afterAll(async () => {
  await service?.close();
});

const DAMAGE = 'echo broken > broken.txt; rm -r src; ln -s /etc src; chmod 600 kept.txt; echo more >> kept.txt';

interface More {
  attempts?: number;
  asks?: boolean;
  check?: string;
}

interface Begun {
  workspace: string;
  /** The files as they were before anybody worked. */
  before: Map<string, string>;
}

/** A workspace with a bit of everything, and a project in it that has begun. */
async function begin(project: string, steps: Step[], { attempts = 1, asks = false, check = 'test -e good.txt && ! test -e broken.txt' }: More = {}): Promise<Begun> {
  const workspace = service.folder(project, { 'kept.txt': 'kept\n', 'src/a.js': 'a\n', 'src/deep/b.js': 'b\n' });
  mkdirSync(join(workspace, 'empty'));
  symlinkSync('kept.txt', join(workspace, 'link'));
  chmodSync(join(workspace, 'src/a.js'), 0o750);
  service.messages.setScenario({ steps });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' }, checks: [{ name: 'good', run: check }],
    agent: { name: 'claude-code', attempts, auth: { apiKey: { env: 'TEST_API_KEY' } } },
    policy: { permissions: { allow: ['Bash(*)', 'Write(**)', 'Edit(**)'], destructive: 'allow' }, breakpoints: { milestone_completion: { enabled: asks } } },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'Write good.txt.' }] }],
  };
  const before = exactly(workspace);
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  expect(before.size).toBe(7);
  return { workspace, before };
}

async function question(id: string) {
  await eventually(async () => (await readInbox(service.db)).some((one) => one.id === id), { timeoutMs: 120_000, everyMs: 100, what: id });
  return documentOf('inbox', await service.cli('inbox', '--json')).breakpoints.find((one) => one.id === id);
}

const turns = (project: string) => service.db.selectFrom('turn').select(['prompt', 'session_id', 'resume']).where('project', '=', project).orderBy('turn').execute();

const restores = (project: string) => service.db.selectFrom('restore').select(['id', 'by_whom', 'exact', 'changed_files', 'effects']).where('project', '=', project).orderBy('at').execute();

test('a red check: restore by the CLI, by a signal and by an update; what it does not undo is seen and acknowledged', async () => {
  const { workspace, before } = await begin('red', [bash(`${DAMAGE}; git push origin main || true`), { text: 'Done.' }]);
  const first = 'red/m/one.1/breaking_test_failure.1';
  const asked = await question(first);
  expect(asked).toMatchObject({
    actions: ['retry', 'skip', 'approve', 'restore', 'abort'], noteRequired: ['restore'],
    reason: expect.stringMatching(/restore: \d+ files back to checkpoint \d+, before one #1[^]*- one #1: .*git push/),
    detail: { restore: { effects: [expect.stringContaining('pushes to a server')], moreEffects: 0 } },
  });
  expect(existsSync(join(workspace, 'broken.txt'))).toBe(true);
  expect(errorOf(await service.cli('answer', first, 'restore', '--json'))).toMatchObject({ kind: 'bad_input', message: expect.stringContaining('does not undo') });
  await service.json('answer', first, 'restore', '--note', 'the push is known');
  await question('red/m/one.2/breaking_test_failure.1');
  expect((await restores('red'))[0]).toMatchObject({ id: first, exact: true, effects: [expect.stringContaining('git push')] });
  const [one, two] = await turns('red');
  expect([two?.resume, two?.session_id === one?.session_id, two?.prompt.includes('the push is known'), two?.prompt.includes('A person has put the files back')]).toEqual([false, false, true, true]);

  const workflow = service.temporal.client.workflow.getHandle('holdpoint/red/m');
  await workflow.signal('answer', { breakpoint: 'red/m/one.2/breaking_test_failure.1', action: 'restore', note: 'known', by: 'ann' });
  await question('red/m/one.3/breaking_test_failure.1');
  service.messages.setScenario({ steps: [bash('echo good > good.txt'), { text: 'Done.' }] });
  await workflow.executeUpdate('answerNow', { args: [{ breakpoint: 'red/m/one.3/breaking_test_failure.1', action: 'restore', note: 'known', by: 'ben' }] });
  await milestoneIn(service, 'red', 'm', 'completed');
  expect((await restores('red')).map(({ by_whom: by, exact }) => [by, exact])).toEqual([[expect.any(String), true], ['ann', true], ['ben', true]]);
  const now = exactly(workspace);
  now.delete('good.txt');
  expect(now).toEqual(before);

  // What each decision was about went with the restore after it.
  const { decisions, restores: between } = documentOf('decisions', await service.cli('decisions', 'red/m', '--json'));
  expect(between?.map(({ by, exact, question: of }) => [by, exact, of])).toEqual([1, 2, 3].map((n) => [n === 1 ? expect.any(String) : ['ann', 'ben'][n - 2], true, `red/m/one.${n}/breaking_test_failure.1`]));
  expect((await service.cli('decisions', 'red')).stdout.match(/^m\/one\.\d|^m {2}files restored/gm)).toEqual(['m/one.1', 'm  files restored', 'm/one.2', 'm  files restored', 'm/one.3', 'm  files restored', 'm/one.4']);
  expect([decisions.length, documentOf('decisions', await service.cli('decisions', 'red/m/one.3', '--json')).restores?.map(({ by }) => by)]).toEqual([4, ['ben']]);
}, 600_000);

/** Newest last. */
const checkpoints = (project: string) => service.db.selectFrom('checkpoint').select(['id', 'kind']).where('project', '=', project).orderBy('id').execute();

const restoreBy = async (...args: string[]): Promise<RestoreDocument> => documentOf('restore', await service.cli('restore', ...args, '--json'));

test('by the command: while a question is open, and when nobody holds the workspace; an approval of other files is asked again', async () => {
  const { workspace, before } = await begin('command', [bash(`${DAMAGE}; echo good > good.txt`), { text: 'Done.' }], { asks: true, check: 'test -e good.txt' });
  await question('command/m/milestone_completion.1');
  const worked = exactly(workspace);
  const id = String((await checkpoints('command')).find(({ kind }) => kind === 'before')?.id);
  expect(await service.cli('restore', '999999', '--json')).toMatchObject({ code: 3 });

  const dry = await restoreBy(id, '--dry-run');
  expect(dry).toMatchObject({ restored: false, exact: false, undo: null, effects: [], notRestored: [] });
  expect(dry.changes).toContainEqual({ op: 'delete', path: 'broken.txt' });
  expect(exactly(workspace)).toEqual(worked);
  expect(await restoreBy(id, '--path', 'src')).toMatchObject({ restored: true, exact: true });
  expect([existsSync(join(workspace, 'src/deep/b.js')), existsSync(join(workspace, 'broken.txt'))]).toEqual([true, true]);
  const whole = await restoreBy(id, '--by', 'ann');
  expect(whole).toMatchObject({ restored: true, exact: true, undo: expect.any(String) });
  expect(exactly(workspace)).toEqual(before);
  expect((await service.cli('status', 'command')).stdout).toContain(`files restored to checkpoint ${id} by ann`);
  const [part, all] = documentOf('decisions', await service.cli('decisions', 'command', '--json')).restores ?? [];
  expect([part, all]).toMatchObject([{ paths: ['src'], exact: true }, { milestone: 'm', checkpoint: id, taken: 'before one #1', by: 'ann', exact: true, undo: whole.undo, paths: null, question: null }]);
  expect((await service.cli('decisions', 'command/m/one.1')).stdout).toContain(`\nm  files restored to checkpoint ${id} (before one #1) by ann at ${all?.at}, exactly; undo: holdpoint restore ${whole.undo}\n`);
  expect(documentOf('status', await service.cli('status', 'command', '--json')).projects[0]?.milestones[0]?.restored).toMatchObject({ checkpoint: id, undo: whole.undo, by: 'ann', exact: true, paths: null });

  await service.json('answer', 'command/m/milestone_completion.1', 'approve');
  expect((await question('command/m/milestone_completion.2'))?.reason).toContain('files have changed');
  await service.json('answer', 'command/m/milestone_completion.2', 'approve');
  await milestoneIn(service, 'command', 'm', 'completed');

  const undone = await restoreBy(whole.undo ?? '');
  expect(undone).toMatchObject({ restored: true, exact: true });
  await restoreBy(id, '--path', 'src', '--dry-run');
  const { stdout, code } = await service.cli('restore', id);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^the files are as in checkpoint \d+, before one #1[^]*undo: holdpoint restore \d+\n$/)]);
  expect(exactly(workspace)).toEqual(before);
  const events = await service.db.selectFrom('event').select('message').where('project', '=', 'command').where('kind', '=', 'restored').execute();
  expect(events.map(({ message }) => message)).toContainEqual(expect.stringContaining('by ann; undo: checkpoint'));
  expect(await restores('command')).toHaveLength(4);
}, 600_000);

test('what no restore undoes is refused without a terminal, until --yes says that it was seen', async () => {
  const { workspace, before } = await begin('effects', [bash('echo good > good.txt; curl -s -X POST http://127.0.0.1:1/ || true'), { text: 'Done.' }], { check: 'test -e good.txt' });
  await milestoneIn(service, 'effects', 'm', 'completed');
  const id = String((await checkpoints('effects')).find(({ kind }) => kind === 'before')?.id);
  const refused = await service.cli('restore', id, '--json');
  expect([refused.code, errorOf(refused)]).toEqual([4, expect.objectContaining({ kind: 'policy', message: expect.stringContaining('sends data over the network') })]);
  expect(existsSync(join(workspace, 'good.txt'))).toBe(true);
  expect(await restoreBy(id, '--yes')).toMatchObject({ restored: true, exact: true, effects: [expect.stringContaining('curl')] });
  expect(exactly(workspace)).toEqual(before);
}, 600_000);
