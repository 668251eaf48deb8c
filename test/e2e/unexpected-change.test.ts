/**
 * Somebody else changes files: while the agent waits for its model, and between two turns. Real CLI, and a person who is this process;
 * what each answer leads to is watched from outside.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { bash, milestoneWhen, question, signal, update } from './asking-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 300_000);
afterAll(() => service?.close());

/** Tasks one after the other; the agent of each writes a file of its own, then waits for its model. */
async function begin(project: string, ids: string[], policy: object, checks: object[] = []): Promise<string> {
  const workspace = service.folder(project, { 'README.md': 'x\n', 'plan.txt': 'one\n', 'old.txt': 'a name\nthat\nwill\nchange\n' });
  service.messages.setScenario({
    prompts: [
      { match: 'mended by hand', steps: [bash('echo again >> mended.txt'), { text: 'Done.' }] },
      ...ids.map((id) => ({ match: `The ${id} one`, steps: [bash(`echo ${id} > ${id}.txt`), { text: 'Done.', ...(id !== 'mended' && { waitFor: id }) }] })),
    ],
  });
  const tasks = ids.map((id, n) => ({ id, title: `The ${id} one`, instructions: `See to ${id}.txt.`, dependsOn: ids.slice(Math.max(0, n - 1), n) }));
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' }, checks,
    agent: { name: 'claude-code', attempts: 1, auth: { apiKey: { env: 'TEST_API_KEY' } } },
    policy: { permissions: { allow: ['Bash(echo *)', 'Write(*.txt)'] }, ...policy },
    milestones: [{ id: 'm', tasks }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  return workspace;
}

const sessionOf = (id: string): string | undefined => service.messages.requests().findLast(({ prompt }) => prompt.includes(`The ${id} one`))?.session;

/** The agent has had its call answered and waits for its model: whatever changes now is not its own. */
const agentWaits = (id: string): Promise<unknown> =>
  eventually(() => service.messages.requests().some(({ counted, last, session }) => counted && last.includes('tool_result') && sessionOf(id) === session), { timeoutMs: 120_000, what: `the agent of ${id} to wait` });

const causes = async (target: string): Promise<string[]> =>
  documentOf('diff', await service.cli('diff', target, '--json')).changes.map(({ path, by }) => `${path} ${by.kind}`).sort();

test('a person changes files while the agent works and between two turns: kept, taken back, or the end', async () => {
  const ids = ['kept', 'taken', 'mended', 'ended'];
  const asks = { breakpoints: { milestone_completion: { enabled: false }, unexpected_change: { priority: 'high' } } };
  const workspace = await begin('theirs', ids, asks, [{ name: 'by-hand', run: 'grep -q hand mended.txt', tasks: ['mended'] }]);
  const at = (name: string): string => join(workspace, name);

  await agentWaits('kept');
  writeFileSync(at('notes.txt'), 'mine\n');
  service.messages.release('kept');
  const first = await question(service, 'theirs/m/kept.1/unexpected_change.1');
  expect(first).toMatchObject({ priority: 'high', actions: ['keep', 'restore', 'abort'], tree: expect.any(String), reason: expect.stringContaining('notes.txt'), detail: { when: 'during', files: 1, paths: ['notes.txt'] } });
  await service.json('answer', first.id, 'keep', '--by', 'ann');

  await agentWaits('taken');
  appendFileSync(at('taken.txt'), 'theirs\n');
  writeFileSync(at('plan.txt'), 'two\n');
  writeFileSync(at('new.txt'), 'theirs\n');
  renameSync(at('old.txt'), at('renamed.txt'));
  service.messages.release('taken');
  const second = await question(service, 'theirs/m/taken.1/unexpected_change.1');
  expect(second.detail).toMatchObject({ paths: ['new.txt', 'plan.txt', 'renamed.txt', 'old.txt', 'taken.txt'] });
  expect(await causes('theirs/m/taken.1')).toEqual(['new.txt other', 'plan.txt other', 'renamed.txt other', 'taken.txt other']);
  // What has come since was not shown: nothing is taken back before it was.
  writeFileSync(at('later.txt'), 'theirs\n');
  await signal(service, 'theirs', { breakpoint: second.id, action: 'restore', by: 'bob' });
  const again = await question(service, 'theirs/m/taken.1/unexpected_change.2');
  expect(again.detail).toMatchObject({ paths: ['later.txt', 'new.txt', 'plan.txt', 'renamed.txt', 'old.txt', 'taken.txt'] });
  expect([existsSync(at('later.txt')), readFileSync(at('plan.txt'), 'utf8')]).toEqual([true, 'two\n']);
  await signal(service, 'theirs', { breakpoint: again.id, action: 'restore', by: 'bob' });

  // The agent's own work stays, byte for byte; what was kept before stays too.
  const red = await question(service, 'theirs/m/mended.1/breaking_test_failure.1');
  expect([readFileSync(at('taken.txt'), 'utf8'), readFileSync(at('plan.txt'), 'utf8'), existsSync(at('new.txt')), readFileSync(at('notes.txt'), 'utf8')]).toEqual(['taken\n', 'one\n', false, 'mine\n']);
  expect([readFileSync(at('old.txt'), 'utf8'), existsSync(at('renamed.txt')), existsSync(at('later.txt'))]).toEqual(['a name\nthat\nwill\nchange\n', false, false]);
  expect(await causes('theirs/m/taken.1')).toEqual(['taken.txt tool']);
  const kept = await service.db.selectFrom('checkpoint').select(['id', 'tree']).where('kind', '=', 'restore').where('project', '=', 'theirs').execute();
  expect(kept).toEqual([{ id: expect.anything(), tree: again.tree }]);
  const done = await service.db.selectFrom('event').select('message').where('project', '=', 'theirs').where('kind', '=', 'put_back').orderBy('id').execute();
  expect(done.map(({ message }) => message)).toEqual([
    'taken #1: nothing was taken back, as bob had answered: files have changed since the question',
    `taken #1: what somebody else had changed was taken back by bob; checkpoint ${kept[0]?.id} holds the files with it`,
  ]);

  // Nobody works: a person mends the file, and has the task tried again.
  appendFileSync(at('mended.txt'), 'hand\n');
  await service.json('answer', red.id, 'retry', '--note', 'mended by hand');
  const third = await question(service, 'theirs/m/mended.2/unexpected_change.1');
  expect(third).toMatchObject({ detail: { when: 'before', paths: ['mended.txt'] }, reason: expect.stringContaining('since the turn before') });
  await update(service, 'theirs', { breakpoint: third.id, action: 'keep', by: 'eve' });

  await agentWaits('ended');
  expect(readFileSync(at('mended.txt'), 'utf8')).toBe('mended\nhand\nagain\n');
  const between = await service.db.selectFrom('file_change').innerJoin('turn', 'turn.id', 'file_change.turn_id').select(['turn.task', 'turn.turn', 'path', 'by_kind']).where('observed_by', '=', 'between').where('turn.project', '=', 'theirs').execute();
  expect(between).toEqual([{ task: 'mended', turn: 2, path: 'mended.txt', by_kind: 'other' }]);
  writeFileSync(at('last.txt'), 'theirs\n');
  service.messages.release('ended');
  const last = await question(service, 'theirs/m/ended.1/unexpected_change.1');
  await service.json('answer', last.id, 'abort', '--by', 'ann', '--note', 'not like this');
  const ended = await milestoneWhen(service, 'theirs', ({ state }) => state === 'failed', 'the milestone to fail');
  expect(ended).toMatchObject({ reason: `aborted by ann at ${last.id}: not like this`, tasks: [{ state: 'completed' }, { state: 'completed' }, { state: 'completed', turns: { length: 2 } }, { state: 'failed' }] });
  expect(existsSync(at('last.txt'))).toBe(true);
}, 600_000);

test('a plan that does not name the question has it noted, and nobody is asked', async () => {
  const workspace = await begin('noted', ['quiet'], { breakpoints: { milestone_completion: { enabled: false } } });
  await agentWaits('quiet');
  writeFileSync(join(workspace, 'theirs.txt'), 'mine\n');
  service.messages.release('quiet');
  await milestoneWhen(service, 'noted', ({ state }) => state === 'completed', 'the milestone to end');
  const told = await service.db.selectFrom('event').select('message').where('project', '=', 'noted').where('kind', '=', 'unexpected_change').execute();
  expect(told).toEqual([{ message: 'quiet #1: 1 file changed by nobody of ours during it: theirs.txt' }]);
  expect(await causes('noted/m/quiet.1')).toEqual(['quiet.txt tool', 'theirs.txt other']);
}, 600_000);
