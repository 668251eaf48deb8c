/** What an answer is about, looked at where the files are; and what people have said, in the prompt. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBench, type Bench } from './bench.ts';
import { inContext, type Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const look = (play: Play, tree: string) => inContext(bench.activities, 'lookAtTree', { ...play.turn(), tree });

test('files that nobody has touched are those that were asked about; another one is named', async () => {
  const play = await (await bench.project('looked-at', { files: { 'a.js': 'a\n' } })).claim();
  await play.begin();
  const { tree } = await play.end();
  expect(await look(play, tree)).toEqual({ tree, files: 0, paths: [] });
  writeFileSync(join(play.workspace, 'a.js'), 'changed\n');
  writeFileSync(join(play.workspace, 'b.js'), 'new\n');
  const now = await look(play, tree);
  expect(now).toEqual({ tree: expect.not.stringMatching(tree), files: 2, paths: ['a.js', 'b.js'] });
  expect(await look(play, now.tree)).toMatchObject({ files: 0 });
  writeFileSync(join(play.workspace, 'a.js'), 'a\n');
  expect(await look(play, tree)).toMatchObject({ files: 1, paths: ['b.js'] });
});

test('what the checks of the turn have written is no change', async () => {
  const play = await (await bench.project('checks-write', { checks: [{ name: 'test', run: 'echo report > report.txt' }] })).claim();
  await play.baseline();
  writeFileSync(join(play.workspace, 'report.txt'), 'old\n');
  await play.begin();
  const { tree } = await play.end();
  await play.checks();
  expect(await look(play, tree)).toMatchObject({ files: 0 });
  writeFileSync(join(play.workspace, 'mine.txt'), 'x\n');
  expect(await look(play, tree)).toMatchObject({ files: 1, paths: ['mine.txt'] });
});

test('what people have said stands in the prompt of whatever run comes next', async () => {
  const play = await (await bench.project('said')).claim();
  await inContext(bench.activities, 'beginTurn', { ...play.turn(), seq: 1, note: 'mind the accents', said: 'About task other: keep the table' });
  const first = (await play.runRow()).spec as { prompt: string };
  expect(first.prompt).toContain('mind the accents\n\nAbout task other: keep the table');
  await inContext(bench.activities, 'beginTurn', { ...play.turn(), seq: 2, note: 'the run was lost', said: 'signed in again' });
  const second = (await play.runRow(1, 2)).spec as { prompt: string };
  expect(second.prompt).toContain('mind the accents\n\nsigned in again');
  expect(second.prompt).not.toContain('the run was lost');
});
