/**
 * A plan of 200 tasks (100 in `npm test`) with random dependencies and random outcomes, three killed workers: each task runs when it may and never before
 * its dependencies, states are legal at each step, no turn is begun twice. Real Temporal, Postgres and workflows; no host.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDb, type OpenDb } from '../../src/db/client.ts';
import { readInbox } from '../../src/db/inbox.ts';
import { savePlan } from '../../src/db/plans.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { planSha256 } from '../../src/domain/plan-hash.ts';
import type { Plan, TaskPlan } from '../../src/domain/plan.ts';
import type { TaskState } from '../../src/domain/states.ts';
import { isSettled, mayBecome } from '../../src/domain/task-states.ts';
import { answerBreakpoint } from '../../src/temporal/client.ts';
import { startProject } from '../../src/temporal/start.ts';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { eventually } from '../support/eventually.ts';
import { readFacts, type Told } from '../support/many-tasks/history.ts';
import { answerTo } from '../support/many-tasks/script.ts';
import { goodPlan, GOOD_PLAN } from '../support/plans.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { CLEAN_PATH } from '../support/service.ts';
import { randomTasks } from '../support/task-graphs.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-db.ts';
import { CONNECT, newNamespace, testAddress } from '../support/temporal-worker.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const PROGRAM = join(import.meta.dirname, '../support/many-tasks/worker.ts');
const PROJECT = 'many';
const MILESTONES = ['first', 'second'];
const TASKS = scaled(50, 100);
const KILLS = [0.15, 0.45, 0.75].map((share) => Math.round(share * 2 * TASKS));
const QUICK = { firstMs: 60, factor: 2, jitter: 0.5, maxMs: 500 };

const taskPlan = (milestone: string) => ({ id, dependsOn, priority, deadline }: Pick<TaskPlan, 'id' | 'dependsOn' | 'priority' | 'deadline'>): TaskPlan => ({
  id: `${milestone}-${id}`, dependsOn: dependsOn.map((one) => `${milestone}-${one}`), priority, deadline, title: id, instructions: 'Do it', acceptance: [],
});

function plan(): Plan {
  const base = goodPlan(GOOD_PLAN).plan;
  const next = seededRandom(SEED);
  const milestones = MILESTONES.map((id, n) => ({
    id, title: id, dependsOn: MILESTONES.slice(0, n), tasks: randomTasks(next, TASKS).map((task) => taskPlan(id)({ ...task, dependsOn: [...task.dependsOn] })),
  }));
  return { ...base, project: PROJECT, policy: { ...base.policy, retry: QUICK, breakpoints: { milestone_completion: { enabled: false, priority: null } } }, milestones };
}

let dir: string;
let database: TestDatabase;
let opened: OpenDb;
let temporal: Temporal;
const workers: WorkerProcess[] = [];

async function startWorker(): Promise<WorkerProcess> {
  const env = { PATH: CLEAN_PATH, HOME: dir, DATABASE_URL: database.url, TEMPORAL_ADDRESS: testAddress(), TEMPORAL_NAMESPACE: temporal.namespace, HOLDPOINT_TEST_SCRIPT: String(SEED) };
  const worker = await startWorkerProcess(env, join(dir, `worker-${workers.length}`), PROGRAM);
  workers.push(worker);
  return worker;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-many-'));
  const [made, namespace] = await Promise.all([createTestDatabase(), newNamespace(testAddress())]);
  database = made;
  opened = openDb(database.url, { max: 3 });
  temporal = await connectTemporal({ ...CONNECT, address: testAddress(), namespace });
}, 300_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await Promise.all([temporal.close(), opened.close()]);
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

const rowsOf = () => opened.db.selectFrom('task').select(['milestone', 'id', 'state']).where('project', '=', PROJECT).execute();

/** As a person would, but by the script: the same question always gets the same answer. */
async function answerAll(): Promise<void> {
  for (const question of await readInbox(opened.db, PROJECT)) {
    await answerBreakpoint(temporal, { breakpoint: question.id, action: answerTo(SEED, question), by: 'script' }).catch(() => undefined);
  }
}

/** Kills a worker whenever so many tasks are settled; returns at the project's end. */
async function runToEnd(): Promise<void> {
  const due = [...KILLS];
  let worker = await startWorker();
  await eventually(async () => {
    await answerAll();
    const settled = (await rowsOf()).filter(({ state }) => isSettled(state)).length;
    if (due[0] !== undefined && settled >= due[0]) {
      due.shift();
      await worker.kill();
      worker = await startWorker();
    }
    const { state } = await opened.db.selectFrom('project').select('state').where('id', '=', PROJECT).executeTakeFirstOrThrow();
    return state === 'completed' || Promise.reject(new Error(`${state}, ${settled} settled\n${worker.log().slice(-2_000)}`));
  }, { timeoutMs: 1_500_000, everyMs: 100, what: 'the end of the project' });
  expect(due).toEqual([]);
}

/** Follows the facts in order and names everything that must not be. */
function faultsOf({ facts }: Told, tasks: readonly TaskPlan[]): string[] {
  const faults: string[] = [];
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const states = new Map<string, TaskState>(tasks.map(({ id }) => [id, 'pending']));
  const seen = new Set<string>();
  let atWork = 0;
  for (const fact of facts) {
    if (fact.kind === 'ended') atWork -= 1;
    else if (fact.kind === 'state') {
      const before = states.get(fact.task) ?? 'pending';
      if (before !== fact.state && !mayBecome(before, fact.state)) faults.push(`${fact.task} went from ${before} to ${fact.state}`);
      states.set(fact.task, fact.state);
    } else {
      const name = `${fact.kind} ${fact.task}.${fact.turn}.${fact.seq}`;
      if (seen.has(name)) faults.push(`${name} twice`);
      seen.add(name);
      if (fact.kind === 'run') atWork += 1;
      if (atWork > 1) faults.push(`${name} beside another`);
      const early = byId.get(fact.task)?.dependsOn.filter((id) => !isSettled(states.get(id) ?? 'pending')) ?? ['not in the plan'];
      if (early.length > 0) faults.push(`${name} before ${early.join(', ')}`);
    }
  }
  return faults;
}

async function expectTurnsOnce(told: Told, milestone: string): Promise<void> {
  const rows = await opened.db.selectFrom('turn').select(['task', 'turn']).where('project', '=', PROJECT).where('milestone', '=', milestone).execute();
  const begun = told.facts.flatMap((fact) => (fact.kind === 'begun' && fact.seq === 1 ? [`${fact.task}.${fact.turn}`] : []));
  expect(rows.map(({ task, turn }) => `${task}.${turn}`).sort()).toEqual(begun.sort());
  const last = Map.groupBy(rows, ({ task }) => task);
  expect([...last.values()].filter((turns) => Math.max(...turns.map(({ turn }) => turn)) !== turns.length)).toEqual([]);
}

test(`${2 * TASKS} tasks and three killed workers: in order, legally, each turn once`, async () => {
  const given = plan();
  const sha256 = planSha256(given);
  await savePlan(opened.db, { project: PROJECT, sha256, plan: given, source: '' });
  await startProject(temporal, { project: PROJECT, planSha256: sha256 });
  await runToEnd();
  const rows = await rowsOf();
  expect(rows).toHaveLength(MILESTONES.length * TASKS);
  expect(rows.filter(({ state }) => !isSettled(state))).toEqual([]);
  // The script has brought everything: skipped tasks, further attempts, runs that were lost.
  expect(rows.some(({ state }) => state === 'skipped')).toBe(true);
  const { events = [] } = await temporal.client.workflow.getHandle(`holdpoint/${PROJECT}`).fetchHistory();
  const started = events?.flatMap(({ childWorkflowExecutionStartedEventAttributes: child, childWorkflowExecutionCompletedEventAttributes: ended }) =>
    [child && { id: child.workflowExecution?.workflowId, runId: child.workflowExecution?.runId ?? '' }, ended && { id: `${ended.workflowExecution?.workflowId} ended`, runId: '' }].filter((one) => !!one)) ?? [];
  expect(started.map(({ id }) => id)).toEqual(MILESTONES.flatMap((id) => [milestoneWorkflowId(PROJECT, id), `${milestoneWorkflowId(PROJECT, id)} ended`]));
  for (const { id, tasks } of given.milestones) {
    const told = await readFacts(temporal.client, milestoneWorkflowId(PROJECT, id), started.find((one) => one.id === milestoneWorkflowId(PROJECT, id))?.runId ?? '');
    expect(faultsOf(told, tasks)).toEqual([]);
    await expectTurnsOnce(told, id);
    expect(new Set(told.facts.flatMap((fact) => (fact.kind === 'begun' ? [fact.task] : []))).size).toBe(TASKS);
    expect(told.facts.some((fact) => fact.kind === 'run' && fact.seq > 1)).toBe(true);
    expect(told.facts.some((fact) => fact.kind === 'begun' && fact.turn > 2)).toBe(true);
  }
}, 1_600_000);
