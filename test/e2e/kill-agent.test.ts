/**
 * The real CLI, or the supervisor above it, is killed at random moments of a turn of several tools: the task comes to its end,
 * nothing is done twice without the agent being told, nothing is left.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commandOf, EFFECTS } from '../support/careful-model.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { openTrials, STEPS, Trial, type Trials } from './kill-trials.ts';

let trials: Trials;
beforeAll(async () => {
  trials = await openTrials();
});
afterAll(() => trials?.close());

const ALL = Array.from({ length: STEPS }, (_, n) => String(n + 1));
const BATCH = 2;
/** Start-up of the CLI, every tool, and the time after the last. */
const LIFE_MS = 4_500;

const quote = (step: number): string => `"command":"${commandOf(step)}"`;

test.each(['agent', 'supervisor'] as const)('killed in the middle of a tool, %s first: the session goes on, and is told of the call and of what changed', async (victim) => {
  const one = await new Trial(trials, `in-tool-${victim}`, 2).start();
  const { pid } = await one.agent();
  await eventually(async () => one.effects().length === 2 && (await one.calls()) === 2, { timeoutMs: 120_000, what: 'the second step to have its effect, and its call to be stored' });
  process.kill(victim === 'agent' ? pid : one.supervisor(), 'SIGKILL');
  await one.finish();
  const [first, second, ...more] = await one.runs();
  expect([first, second]).toMatchObject([{ resume: false }, { resume: true, state: 'exited' }]);
  expect(more).toEqual([]);
  // An agent whose supervisor is gone is asked to end, and its session has the call's own end: only a killed one leaves it open.
  if (victim === 'agent') expect(second?.prompt).toContain(quote(2));
  expect(second?.prompt).toContain(EFFECTS);
  expect(one.effects()).toEqual(ALL);
  await one.expectNoOrphan();
}, 600_000);

test('killed before it said anything, the task starts afresh', async () => {
  const one = await new Trial(trials, 'at-birth', 'start').start();
  const { pid } = await one.agent();
  process.kill(pid, 'SIGKILL');
  one.letGo();
  await one.finish();
  expect(await one.runs()).toMatchObject([{ resume: false }, { resume: false, state: 'exited' }]);
  expect(one.effects()).toEqual(ALL);
}, 600_000);

async function trial(project: string, atMs: number, victim: 'agent' | 'supervisor'): Promise<void> {
  const one = await new Trial(trials, project).start();
  const { pid } = await one.agent();
  await sleep(atMs); // The random moment is the experiment.
  try {
    process.kill(victim === 'agent' ? pid : one.supervisor(), 'SIGKILL');
  } catch (error) {
    // It had ended by itself: a moment after the turn is one of the moments too.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await one.finish();
  expect([project, one.effects()]).toEqual([project, ALL]);
  await one.expectNoOrphan();
  await one.expectNoByteLost();
}

test(`killed at ${scaled(4, 50)} random moments`, async () => {
  const random = seededRandom(SEED);
  const count = scaled(4, 50);
  const plans = Array.from({ length: count }, (_, n) => ({ atMs: Math.round(random() ** 1.5 * LIFE_MS), victim: n % 3 === 2 ? 'supervisor' as const : 'agent' as const, n }));
  for (let at = 0; at < count; at += BATCH) {
    await Promise.all(plans.slice(at, at + BATCH).map(({ n, atMs, victim }) => trial(`hurt-${n}-${victim}-${atMs}`, atMs, victim)));
  }
}, scaled(600_000, 3_000_000));
