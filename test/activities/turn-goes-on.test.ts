/** A turn that was cut short and goes on is measured anew at its end: checks that held at the cut prove nothing about what came after. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ScriptedStep } from '../../src/agents/scripted.ts';
import { decisionOf } from '../../src/db/decisions.ts';
import { evidenceOf } from '../../src/db/evidence.ts';
import type { JudgeFacts } from '../../src/domain/judge.ts';
import { openBench, type Bench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test('a turn whose end is measured anew has evidence and review of the files as they are now', async () => {
  const play = await (await bench.project('again', { checks: [{ name: 'good', run: 'test -e good.txt' }] })).claim();
  const file = join(play.workspace, 'good.txt');
  await play.begin();
  writeFileSync(file, 'x\n');
  await play.end();
  expect((await play.checks()).checks).toMatchObject([{ met: true }]);
  await play.review();
  const asked = bench.ollama.stats().chat;
  rmSync(file);
  await play.end(1, 1);
  expect((await play.checks(1, 1)).checks).toMatchObject([{ met: false }]);
  writeFileSync(file, 'y\n');
  const { tree } = await play.end(1, 2);
  expect((await play.checks(1, 2)).checks).toMatchObject([{ met: true }]);
  expect((await evidenceOf(bench.deps.db, play.turn())).map((one) => one.tree)).toEqual([tree]);
  await play.review();
  expect(bench.ollama.stats().chat).toBeGreaterThan(asked);
});

test.each([
  ['held', true], ['did not hold', false],
])('a check that %s at the cut is run again at the end', async (_, heldAtCut) => {
  const play = await (await bench.project(`goes-on-${heldAtCut}`, { checks: [{ name: 'good', run: 'test -e good.txt' }] })).claim();
  const file = join(play.workspace, 'good.txt');
  const make = (isThere: boolean): void => (isThere ? writeFileSync(file, 'x\n') : rmSync(file));
  await play.begin();
  if (heldAtCut) make(true);
  await play.end();
  expect((await play.checks()).checks).toMatchObject([{ name: 'good', met: heldAtCut }]);
  await play.begin(1, { seq: 2 });
  make(!heldAtCut);
  await play.end();
  expect((await play.checks()).checks).toMatchObject([{ name: 'good', met: !heldAtCut }]);
  // What is repeated is not measured a third time.
  expect((await play.checks()).checks).toMatchObject([{ name: 'good', met: !heldAtCut }]);
});

test('what an earlier run of the turn did and was denied belongs to the turn', async () => {
  const steps: ScriptedStep[] = [
    { seq: 1, run: 'rm nothing' }, { seq: 1, run: 'ls' }, { seq: 1, end: { kind: 'maxTurns', turns: 9 } },
    { seq: 2, say: 'Nothing else had to be done.' }, { seq: 2, write: 'more.txt' },
  ];
  const play = await (await bench.project('all-runs', { steps })).claim();
  for (const seq of [1, 2]) {
    await play.begin(1, { seq });
    await play.run(1, seq);
    await play.end();
  }
  await play.judge();
  const { facts } = (await decisionOf(bench.deps.db, play.turn())) ?? {};
  expect((facts as JudgeFacts).validation).toMatchObject({ denials: 1, findings: [{ kind: 'denied', text: expect.stringContaining('rm nothing') }] });
});
