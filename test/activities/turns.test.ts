/** Before and after the agent: checkpoints, prompts, sessions, and what changed. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findCheckpoint } from '../../src/db/checkpoints.ts';
import { changesOfTurn } from '../../src/db/diff.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const claimed = async (name: string, options: ProjectOptions = {}): Promise<Play> => (await bench.project(name, options)).claim();

const write = (play: Play, path: string, text: string): void => writeFileSync(join(play.workspace, path), text);

const specOf = async (play: Play, turn = 1, seq = 1): Promise<{ sessionId: string; resume: boolean; prompt: string }> =>
  (await play.runRow(turn, seq)).spec as { sessionId: string; resume: boolean; prompt: string };

test('begun again, a turn keeps the checkpoint, the prompt and the run it began with', async () => {
  const play = await claimed('begun-again');
  const key = await play.begin();
  const [row, spec, before] = [await play.row(), await specOf(play), await findCheckpoint(bench.deps.db, { ...play.turn(), kind: 'before' })];
  write(play, 'written-by-the-agent', 'x');
  expect(await play.begin()).toBe(key);
  expect(await play.row()).toEqual(row);
  expect(await specOf(play)).toEqual(spec);
  expect(await findCheckpoint(bench.deps.db, { ...play.turn(), kind: 'before' })).toEqual(before);
  expect(before?.tree).toBe(row.treeBefore);
  expect((await play.end()).changedFiles).toBe(1);
});

test('ended again after somebody wrote, a turn has the changes of its last end, each once', async () => {
  const play = await claimed('ended-again', { files: { old: 'old\n', gone: 'gone\n' } });
  await play.begin();
  write(play, 'old', 'new\n');
  rmSync(join(play.workspace, 'gone'));
  const first = await play.end();
  expect(await play.end()).toEqual(first);
  write(play, 'late', 'late\n');
  const second = await play.end();
  expect(second.changedFiles).toBe(3);
  const changes = await changesOfTurn(bench.deps.db, play.turn());
  expect(changes.map(({ op, path }) => `${op} ${path}`)).toEqual(['delete gone', 'add late', 'modify old']);
  expect(await play.row()).toMatchObject({ treeAfter: second.tree, changedFiles: 3 });
});

test('the first prompt has the task and the checks that hold for it, and no secret', async () => {
  bench.secrets.push('tr0ub4dor&3');
  const checks = [{ name: 'mine', run: 'true' }, { name: 'theirs', run: 'true', tasks: ['other'] }];
  const play = await claimed('first-prompt', { checks, change: (plan) => { plan.milestones[0]!.tasks[0]!.instructions = 'Use tr0ub4dor&3.'; } });
  await play.begin();
  const { prompt, resume } = await specOf(play);
  expect(prompt).toContain('Use [redacted].');
  expect(prompt).toContain('- mine: `true`');
  expect(prompt).not.toContain('theirs');
  expect(resume).toBe(false);
  expect((await play.row()).prompt).toBe(prompt);
});

test('a retry gets the output of the failing check, in the same session', async () => {
  const play = await claimed('retry', { steps: [{ write: 'a', content: 'a' }, { say: 'done' }], checks: [{ name: 'test', run: 'echo expected 4, got 5; exit 1' }] });
  await play.whole();
  await play.checks();
  expect(await play.judge()).toMatchObject({ decision: 'retry', rule: 'check_failed_retry' });
  await play.begin(2, { note: 'this is the reason, which is in the decision too' });
  const [first, second] = [await specOf(play), await specOf(play, 2)];
  expect(second.prompt).toContain('expected 4, got 5');
  expect(second.prompt).toContain('attempt 2');
  expect(second.prompt).not.toContain('A person says');
  expect(second).toMatchObject({ sessionId: first.sessionId, resume: true });
});

test('clarify hands on the issues of the review', async () => {
  bench.ollama.setScript({ models: ['tiny'], otherwise: { review: { requirementsMet: [], issues: [{ severity: 'major', text: 'no tests at all' }], alternatives: [], quality: 0.55, confidence: 0.9 } } });
  const play = await claimed('clarify', { steps: [{ write: 'a', content: 'a' }, { say: 'done' }] });
  await play.whole();
  await play.checks();
  await play.review();
  expect(await play.judge()).toMatchObject({ decision: 'clarify' });
  await play.begin(2);
  expect((await specOf(play, 2)).prompt).toMatch(/not good enough yet[^]*major: no tests at all/);
});

test("after a question the person's note stands in the prompt with what it was about, also in a further run of the attempt", async () => {
  const play = await claimed('asked', { steps: [{ write: 'a', content: 'a' }, { say: 'done' }], checks: [{ name: 'test', run: 'echo got 5; exit 1' }] });
  await play.whole();
  await play.checks();
  expect(await play.judge(1, { attemptsLeft: 0 })).toMatchObject({ decision: 'breakpoint', breakpoint: 'breaking_test_failure' });
  await play.begin(2, { note: 'look at the rounding' });
  const { prompt } = await specOf(play, 2);
  expect(prompt).toMatch(/A person says\nlook at the rounding/);
  expect(prompt).toContain('got 5');
  await play.begin(2, { seq: 2, note: 'The run was lost: its supervisor died' });
  const again = await specOf(play, 2, 2);
  expect(again.prompt).toMatch(/A person says\nlook at the rounding/);
  expect(again.prompt).not.toContain('The run was lost: its supervisor');
});

test('after a loss the prompt names the open call and the files that differ since the turn began', async () => {
  const play = await claimed('loss', { steps: [{ write: 'half-done', content: 'x' }, { exit: 9 }] });
  await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'interrupted' });
  await play.begin(1, { seq: 2, note: 'why' });
  const { prompt } = await specOf(play, 1, 2);
  expect(prompt).toMatch(/Files that had changed by then:[^]*half-done/);
  expect(prompt).not.toContain('A person says');
  expect((await play.row()).treeBefore).not.toBe((await play.end()).tree);
});

test('a session is resumed only once the agent has spoken in it', async () => {
  const play = await claimed('sessions', { steps: [{ seq: 1, exit: 1 }, { say: 'hello' }] });
  await play.begin();
  await play.run();
  await play.begin(1, { seq: 2 });
  const [first, second] = [await specOf(play), await specOf(play, 1, 2)];
  expect(second.resume).toBe(false);
  expect(second.sessionId).not.toBe(first.sessionId);
  await play.run(1, 2);
  await play.begin(2);
  expect(await specOf(play, 2)).toMatchObject({ resume: true, sessionId: second.sessionId });
});
