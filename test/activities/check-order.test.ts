/** Which checks run and beside which: real processes, seen by the marks they leave. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { baselineOf, evidenceOf } from '../../src/db/evidence.ts';
import { openBench, type Bench } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const write = (play: Play, file: string, text = ''): void => writeFileSync(join(play.workspace, file), text);

test('checks declared safe run side by side, the others alone before them; who changed files among several is said as it is', async () => {
  const log = join(bench.dir, 'order.log');
  const meet = (name: string, other: string): string => `touch ${bench.dir}/${name}; until test -e ${bench.dir}/${other}; do sleep 0.05; done; echo ${name} >> ${log}`;
  const checks = [
    { name: 'left', run: `${meet('left', 'right')}; date +%N > artefact`, parallel: true }, { name: 'right', run: meet('right', 'left'), parallel: true },
    { name: 'slow', run: `echo slow begins >> ${log}; sleep 1; echo slow ends >> ${log}` }, { name: 'quick', run: `echo quick >> ${log}` },
  ];
  const play = await (await bench.project('side-by-side', { checks })).claim();
  await play.baseline();
  writeFileSync(log, '');
  await play.begin();
  await play.end();
  await play.checks();
  const evidence = await evidenceOf(bench.deps.db, play.turn());
  expect(evidence.map(({ name, outcome }) => [name, outcome])).toEqual([['left', 'pass'], ['right', 'pass'], ['slow', 'pass'], ['quick', 'pass']]);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect([lines.slice(0, 3), lines.slice(3).sort()]).toEqual([['quick', 'slow begins', 'slow ends'], ['left', 'right']]);
  expect(evidence.map(({ changed }) => changed)).toEqual([
    { files: 1, paths: ['artefact'], beside: ['right'] }, { files: 1, paths: ['artefact'], beside: ['left'] }, undefined, undefined,
  ]);
});

test('a check limited to paths is skipped when it passed and nothing in them has changed, and only then', async () => {
  const log = join(bench.dir, 'paths.log');
  const checks = [
    { name: 'docs', run: `echo docs >> ${log}`, paths: ['docs.md'] }, { name: 'broken', run: `echo broken >> ${log}; exit 1`, paths: ['docs.md'] },
    { name: 'code', run: `echo code >> ${log}`, paths: ['*.ts'] },
  ];
  const play = await (await bench.project('paths', { checks })).claim();
  await play.baseline();
  writeFileSync(log, '');
  await play.begin();
  write(play, 'x.ts');
  await play.end();
  await play.checks();
  const evidence = await evidenceOf(bench.deps.db, play.turn());
  expect(evidence.map(({ name, outcome, met, exitCode }) => [name, outcome, met, exitCode]))
    .toEqual([['docs', 'skipped', true, null], ['broken', 'stillFailing', false, 1], ['code', 'pass', true, 0]]);
  const [baseline] = await baselineOf(bench.deps.db, play.turn());
  expect(evidence[0]?.tail).toBe(`[holdpoint: the check was not run: nothing in docs.md has changed since it passed on tree ${baseline?.tree.slice(0, 12)}]`);
  expect(readFileSync(log, 'utf8').trim().split('\n').sort()).toEqual(['broken', 'code']);
});
