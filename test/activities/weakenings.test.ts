/** Evidence made weaker, on real parts: found from the trees, asked about, accepted for one tree only, kept from tools by the gate. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decisionRows } from '../../src/db/decisions.ts';
import { weakeningsOf } from '../../src/db/weakenings.ts';
import type { ScriptedStep } from '../../src/agents/scripted.ts';
import type { JudgeFacts } from '../../src/domain/judge.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const TESTS = "test('a', () => { expect(1).toBe(1); });\ntest('b', () => { expect(2).toBe(2); });\n";
const FILES = { 'slug.test.js': TESTS, 'package.json': '{"scripts":{"test":"node --test"}}', golden: 'ok\n' };

const start = async (name: string, steps: ScriptedStep[], options: ProjectOptions = {}): Promise<Play> =>
  (await bench.project(name, { files: FILES, checks: [{ name: 'test', run: 'true || npm test' }], steps, ...options })).claim();

/** A turn, its checks and its review; the reviewer likes everything. */
async function played(play: Play, turn = 1): Promise<Play> {
  await play.whole(turn);
  await play.checks(turn);
  await play.review(turn);
  return play;
}

const WEAKENED = { decision: 'breakpoint', rule: 'evidence_weakened', breakpoint: 'evidence_weakened', failed: true } as const;
const work: ScriptedStep = { write: 'src.txt', content: 'work\n' };

test.each<[what: string, command: string, finding: object]>([
  ['a test deleted', 'rm -f slug.test.js', { kind: 'testsRemoved', path: 'slug.test.js', before: 2, after: 0 }],
  ['a test skipped', 'sed -i "s/test(.b/test.skip(\'b/" slug.test.js', { kind: 'testsSkipped', path: 'slug.test.js', before: 0, after: 1 }],
  ['the script of a check changed', 'echo \'{"scripts":{"test":"true"}}\' > package.json', { kind: 'testConfig', path: 'package.json', before: null, after: null }],
])('%s: a person is asked, with the place and the numbers', async (what, run, finding) => {
  const play = await played(await start(what.replaceAll(' ', '-'), [work, { run }, { say: 'done' }], { change: ({ policy }) => { policy.permissions.deny = []; } }));
  const judged = await play.judge();
  expect(judged).toMatchObject({ ...WEAKENED, detail: { findings: [finding], more: 0 } });
  expect(judged.reason).toContain(`- ${(finding as { path: string }).path}`);
  expect(await weakeningsOf(bench.deps.db, play.turn())).toMatchObject([{ ...finding, accepted: null }]);
});

test('accepted for exactly the tree that was seen; the checks still hold', async () => {
  const weaker: ScriptedStep[] = [work, { run: 'echo > slug.test.js' }, { say: 'done' }];
  const play = await played(await start('accepted', weaker));
  const { treeAfter } = await play.row();
  expect(await play.judge(1, { weakeningsApproved: '0'.repeat(40) })).toMatchObject(WEAKENED);
  expect(await play.judge(1, { weakeningsApproved: treeAfter ?? '' })).toMatchObject({ decision: 'proceed', rule: 'quality_reached' });
  const rows = await decisionRows(bench.deps.db, { project: 'accepted' });
  expect((rows[0]?.facts as JudgeFacts).weakenings).toMatchObject([{ kind: 'testsRemoved', before: 2, after: 0 }]);
  expect(rows[0]?.wouldChange).toContain('With evidence as strong as before the task: proceed (quality_reached).');

  const red = await played(await start('accepted-red', weaker, { checks: [{ name: 'test', run: 'exit 1' }] }));
  expect(await red.judge(1, { weakeningsApproved: (await red.row()).treeAfter ?? '' })).toMatchObject({ decision: 'retry', rule: 'check_failed_retry' });
});

test('a later attempt is held against the tree before the first: what it does not put back is still missing', async () => {
  const play = await played(await start('later', [
    { turn: 1, run: 'cp slug.test.js ../kept.js; echo > slug.test.js' }, { turn: 2, ...work }, { turn: 3, run: 'cp ../kept.js slug.test.js' }, { say: 'done' },
  ]));
  expect(await play.judge()).toMatchObject(WEAKENED);
  expect(await (await played(play, 2)).judge(2)).toMatchObject(WEAKENED);
  expect(await (await played(play, 3)).judge(3)).toMatchObject({ decision: 'proceed' });
});

test('a locked path: no tool may write it, another way is found, and a task that may is asked nothing', async () => {
  const steps: ScriptedStep[] = [work, { write: 'golden', content: 'mine\n' }, { turn: 2, run: 'echo mine > golden' }, { turn: 3, run: 'mv golden elsewhere' }, { say: 'done' }];
  const lock: ProjectOptions['change'] = ({ policy }) => {
    policy.locked = ['golden'];
  };
  const play = await played(await start('locked', steps, { change: lock }));
  expect(readFileSync(join(play.workspace, 'golden'), 'utf8')).toBe('ok\n');
  const judged = await play.judge();
  expect(judged).toMatchObject({ decision: 'proceed' });
  const [row] = await decisionRows(bench.deps.db, { project: 'locked' });
  expect((row?.facts as JudgeFacts).validation.findings[0]?.text).toContain('golden) is locked by policy.locked of the plan');
  await played(play, 2);
  expect(readFileSync(join(play.workspace, 'golden'), 'utf8')).toBe('ok\n');
  await played(play, 3);
  expect(existsSync(join(play.workspace, 'golden'))).toBe(false);
  expect(await play.judge(3)).toMatchObject({ ...WEAKENED, detail: { findings: [{ kind: 'lockedPath', path: 'golden' }] } });

  const may = await played(await start('may', steps, {
    change: (plan) => {
      plan.policy.locked = ['golden'];
      for (const task of plan.milestones[0]?.tasks ?? []) task.mayChange = ['golden'];
    },
  }));
  expect(readFileSync(join(may.workspace, 'golden'), 'utf8')).toBe('mine\n');
  expect(await may.judge()).toMatchObject({ decision: 'proceed' });
  expect(await weakeningsOf(bench.deps.db, may.turn())).toMatchObject([{ kind: 'lockedPath', accepted: 'task' }]);
});
