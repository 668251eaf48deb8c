/** Review and judgement of a turn: what is asked, what is stored, what nobody can overrule. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { decisionRows } from '../../src/db/decisions.ts';
import { reviewsOf } from '../../src/db/reviews.ts';
import type { OllamaScript } from '../../src/demo/scripted-ollama.ts';
import type { JudgeFacts } from '../../src/domain/judge.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const reviewOfQuality = (quality: number) => ({ requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality, confidence: 0.9 });
const script = (otherwise: OllamaScript['otherwise'], models = ['tiny']): void => bench.ollama.setScript({ models, otherwise });

beforeEach(() => script({ review: reviewOfQuality(0.9) }));

/** A turn that wrote a file and whose checks have run. */
async function checked(name: string, options: ProjectOptions = {}): Promise<Play> {
  const steps = options.steps ?? [{ write: 'src.txt', content: 'const secret = 1;\n' }, { say: 'done' }];
  const play = await (await bench.project(name, { ...options, steps })).claim();
  await play.baseline();
  await play.whole();
  await play.checks();
  return play;
}

test.each([
  ['rubbish', { text: 'I like it' }, ['tiny'], { reason: 'rubbish', tries: 3 }],
  ['model_missing', { review: {} }, ['another'], { reason: 'model_missing', tries: 1 }],
  ['unreachable', { error: { status: 503, message: 'busy' } }, ['tiny'], { reason: 'unreachable', tries: 1 }],
] as const)('a model that cannot judge is a value: %s', async (reason, otherwise, models, wanted) => {
  script(otherwise, [...models]);
  const play = await checked(`review-${reason.replace('_', '-')}`);
  expect(await play.review()).toEqual({ kind: 'unavailable', quality: null, confidence: null });
  expect(await reviewsOf(bench.deps.db, play.turn())).toMatchObject([{ reviewer: 'ollama', outcome: { kind: 'unavailable', ...wanted } }]);
  expect(await play.judge()).toMatchObject({ decision: 'breakpoint', breakpoint: 'reviewer_unavailable' });
  expect(await play.judge(1, { skipReview: true })).toMatchObject({ decision: 'proceed', rule: 'reviewer_skipped' });
});

test('what was unavailable is asked again, what was reviewed is not', async () => {
  script({ text: 'no idea' });
  const play = await checked('reviewed-again');
  await play.review();
  script({ review: reviewOfQuality(0.8) });
  expect(await play.review()).toEqual({ kind: 'reviewed', quality: 0.8, confidence: 0.9 });
  const { chat } = bench.ollama.stats();
  expect(await play.review()).toMatchObject({ quality: 0.8 });
  expect(bench.ollama.stats().chat).toBe(chat);
});

test('nobody waits for a review that could change nothing', async () => {
  const play = await checked('red', { checks: [{ name: 'test', run: 'exit 1' }] });
  const { chat } = bench.ollama.stats();
  expect(await play.review()).toEqual({ kind: 'skipped', quality: null, confidence: null });
  expect(bench.ollama.stats().chat).toBe(chat);
  expect(await play.judge()).toMatchObject({ decision: 'retry', rule: 'check_failed_retry', failed: true });
  expect(await play.judge(1, { attemptsLeft: 0 })).toMatchObject({ decision: 'breakpoint', breakpoint: 'breaking_test_failure' });
  expect(await play.judge(1, { failuresBefore: 2 })).toMatchObject({ decision: 'breakpoint', breakpoint: 'consecutive_failures' });
});

test('a decision is stored with everything that led to it, once however often it is made', async () => {
  const play = await checked('decided', { checks: [{ name: 'lint', run: 'true', measures: 'syntax' }] });
  await play.review();
  const judged = await play.judge();
  expect(judged).toMatchObject({ decision: 'proceed', rule: 'quality_reached', breakpoint: null, failed: false });
  expect(await play.judge()).toEqual(judged);
  const rows = await decisionRows(bench.deps.db, { project: 'decided' });
  expect(rows).toHaveLength(1);
  const facts = rows[0]?.facts as JudgeFacts & { seq: number };
  expect(facts).toMatchObject({
    seq: 1, attemptsLeft: 2, outcome: { kind: 'completed', text: 'done' }, changes: { files: 1, lines: 1 },
    evidence: [{ name: 'lint', exitCode: 0, measures: 'syntax' }], review: { kind: 'reviewed', review: { quality: 0.9 } },
    validation: { valid: true, denials: 0 }, policy: { gate: 0.7 },
  });
});

test('a turn that did nothing is not reviewed into a success', async () => {
  script({ review: reviewOfQuality(1) });
  const play = await checked('idle', { steps: [{ say: 'I have done everything' }] });
  await play.review();
  expect(await play.judge()).toMatchObject({ decision: 'retry', rule: 'no_work_done_retry' });
});

test('two lost runs of one turn are two decisions', async () => {
  const play = await (await bench.project('twice-lost', { steps: [{ exit: 1 }] })).claim();
  for (const seq of [1, 2]) {
    await play.begin(1, { seq });
    await play.run(1, seq);
    expect(await play.judge()).toMatchObject({ decision: 'rerun' });
  }
  expect(await decisionRows(bench.deps.db, { project: 'twice-lost' })).toHaveLength(2);
});
