/**
 * The worker is killed with -9 at random moments of turns of the real CLI: the agents do not notice, nothing is asked of the
 * model twice, no byte of what they said is lost, and another worker follows them; in a soak also how soon.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { processStart } from '../../src/embedded/process-identity.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
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
/** Turns that run when one worker is killed. */
const AT_ONCE = 2;
/** From the start of the agent's process to its end, on a busy machine. */
const LIFE_MS = 4_000;
/** From the kill: a heartbeat time-out of at most ten seconds, and two more. Held in a soak, which runs alone; beside other tests a worker starts slowly. */
const FOLLOWED_WITHIN_MS = scaled(120_000, 12_000);

/** No turn waits for the killed worker any more: another one follows it, or it is over and all it said is stored. */
async function isFollowed({ project }: Trial, pidOfOld: number): Promise<boolean> {
  const { raw } = await trials.service.temporal.client.workflow.getHandle(milestoneWorkflowId(project, 'steps')).describe();
  const pending = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'runTurn');
  return !pending?.lastWorkerIdentity?.startsWith(`${pidOfOld}@`);
}

interface Seen {
  trial: Trial;
  pid: number;
  start: string;
}

async function begin(name: string): Promise<Seen> {
  const trial = await new Trial(trials, name).start();
  return { trial, ...(await trial.agent()) };
}

async function expectUnhurt({ trial, pid }: Seen): Promise<void> {
  await trial.finish();
  expect((await trial.runs()).map((run) => run.pid)).toEqual([pid]);
  expect([trial.project, trial.effects()]).toEqual([trial.project, ALL]);
  expect(trial.requests()).toBe(STEPS + 1);
  await trial.expectNoByteLost();
  await trial.expectNoOrphan();
}

/** How long it took until every turn was followed again. */
async function killOnce(round: number, atMs: number): Promise<number> {
  const begun = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => begin(`calm-${round}-${n}-${atMs}`)));
  await sleep(atMs); // The random moment is the experiment.
  const alive = begun.filter(({ pid, start }) => processStart(pid) === start);
  const old = trials.service.worker;
  const killedAt = performance.now();
  await old.kill();
  await trials.service.startWorker();
  for (const { pid, start } of alive) expect([start, undefined]).toContain(processStart(pid));
  const timeoutMs = FOLLOWED_WITHIN_MS - (performance.now() - killedAt);
  await Promise.all(begun.map(({ trial }) => eventually(() => isFollowed(trial, old.pid), { timeoutMs, everyMs: 50, what: `somebody to follow ${trial.project}` })));
  const tookMs = performance.now() - killedAt;
  for (const one of begun) await expectUnhurt(one);
  return tookMs;
}

test(`killed at ${scaled(4, 50) / AT_ONCE} random moments with ${AT_ONCE} turns under way`, async () => {
  const random = seededRandom(SEED);
  const took: number[] = [];
  for (let round = 0; round < scaled(4, 50) / AT_ONCE; round++) took.push(await killOnce(round, Math.round(random() * LIFE_MS)));
  process.stderr.write(`followed again after (ms): ${took.map(Math.round).join(' ')}\n`);
}, scaled(600_000, 3_000_000));
