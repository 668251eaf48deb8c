/**
 * Records the histories that replay.test.ts replays: `HOLDPOINT_TEST_TEMPORAL_ADDRESS=host:port node test/workflows/record-histories.ts [NAME…]`.
 * By name for new ways to go. All of them only when the workflows have changed on purpose and no workflow of the old kind is left anywhere.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { projectWorkflowId } from '../../src/domain/ids.ts';
import type { RunReport } from '../../src/activities/contract.ts';
import { answerSignal, answerUpdate, applyPlanUpdate, WORKFLOW_QUEUE } from '../../src/workflows/messages.ts';
import type { projectWorkflow } from '../../src/workflows/project.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker } from '../support/temporal-worker.ts';
import { events, inState, opened, startMilestone, type Handle } from './driver.ts';
import { callsOf, failure, fakeActivities, judged, judgements, milestone, newWorld, ran, runs, stalled, task, untilCancelled } from './fakes.ts';
import { timedScenarios } from './timed-histories.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const worker = await startTestWorker(fakeActivities);
const withQuestion = { breakpoints: {} };

const SCENARIOS: Record<string, () => Promise<Handle>> = {
  async plain() {
    const tasks = [task('one'), task('two', { dependsOn: ['one'] })];
    const handle = await startMilestone(worker, newWorld({ milestones: [milestone('m', { tasks })], on: { judgeTurn: judgements({ decision: 'retry', failed: true }, {}) } }));
    await handle.result();
    return handle;
  },
  async questions() {
    const world = newWorld({ milestones: [milestone('m', withQuestion)], on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'consecutive_failures', failed: true }, {}) } });
    const handle = await startMilestone(worker, world);
    await handle.signal(answerSignal, { breakpoint: `${world.project}/m/milestone_completion.2`, action: 'approve', by: 'early' });
    const { id } = await opened(handle, 'consecutive_failures');
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'retry', note: 'again', by: 'ann' }] });
    const done = await opened(handle, 'milestone_completion');
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: done.id, action: 'revise', note: 'more' }] });
    await handle.result();
    return handle;
  },
  async weakened() {
    const weakened = { decision: 'breakpoint', rule: 'evidence_weakened', breakpoint: 'evidence_weakened', failed: true } as const;
    const handle = await startMilestone(worker, newWorld({ on: { judgeTurn: judgements(weakened, { decision: 'retry', failed: true }, weakened, {}) } }));
    for (const action of ['approve', 'retry'] as const) {
      const { id } = await opened(handle, 'evidence_weakened');
      await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action, by: 'ann' }] });
    }
    await handle.result();
    return handle;
  },
  async waits() {
    let tries = 0;
    const claimWorkspace = () => (++tries < 2 ? Promise.reject(failure('workspace_leased', 'leased', false)) : Promise.resolve({ epoch: 2 }));
    const until = new Date(Date.now() + 2_000).toISOString();
    const world = newWorld({
      on: { claimWorkspace, runTurn: runs({ outcome: 'limited' }, { outcome: 'lost' }, {}), judgeTurn: judgements({ decision: 'wait', until }, { decision: 'rerun' }, {}) },
    });
    const handle = await startMilestone(worker, world, { paused: true });
    await inState(handle, 'paused');
    await handle.signal('resume', { by: 'ann' });
    await inState(handle, 'waiting');
    // The second rerun of a turn waits ten seconds: the history ends while it sleeps.
    await eventually(() => callsOf(world, 'judgeTurn').length === 2, { what: 'the second judgement' });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return handle;
  },
  async cancelled() {
    const world = newWorld({ on: { runTurn: untilCancelled } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'runTurn').length === 1, { what: 'the run' });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return handle;
  },
  async stalled() {
    const held = Promise.withResolvers<RunReport>();
    const reports: (() => RunReport | Promise<RunReport>)[] = [stalled, () => ({ outcome: 'goesOn' }), stalled, () => held.promise, ran];
    let n = 0;
    const world = newWorld({ on: { runTurn: async () => (reports[n++] ?? ran)(), stopRun: async () => held.resolve(ran({ outcome: 'interrupted' })) } });
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'stalled', 2);
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'retry', by: 'ann' }] });
    await handle.result();
    return handle;
  },
  async waited() {
    const held = Promise.withResolvers<RunReport>();
    let n = 0;
    const world = newWorld({ on: { runTurn: async () => (n++ === 0 ? stalled() : held.promise) } });
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'stalled');
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'wait' }] });
    await inState(handle, 'running');
    held.resolve(ran());
    await handle.result();
    return handle;
  },
  async cutOff() {
    let n = 0;
    const world = newWorld({ on: { runTurn: () => (n++ === 0 ? Promise.resolve(stalled()) : untilCancelled()) } });
    const handle = await startMilestone(worker, world);
    await opened(handle, 'stalled');
    await eventually(() => callsOf(world, 'runTurn').length === 2, { what: 'the run to be followed on' });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return handle;
  },
  async unreachable() {
    let n = 0;
    const endTurn = () => (n++ === 0 ? Promise.reject(failure('host_unreachable', 'away')) : Promise.resolve({ tree: 't', changedFiles: 0 }));
    const handle = await startMilestone(worker, newWorld({ on: { endTurn } }));
    const { id } = await opened(handle, 'host_unreachable');
    await handle.signal(answerSignal, { breakpoint: id, action: 'retry' });
    await handle.result();
    return handle;
  },
  /** `givenUp` itself is of before the agent was ended then. */
  async givenUpAndEnded() {
    const handle = await startMilestone(worker, newWorld({ on: { runTurn: () => Promise.reject(failure('host_unreachable', 'away')) } }));
    const { id } = await opened(handle, 'host_unreachable');
    await handle.signal(answerSignal, { breakpoint: id, action: 'abort' });
    await handle.result().catch(() => undefined);
    return handle;
  },
  async continued() {
    const world = newWorld({ milestones: [milestone('m', withQuestion)], on: { judgeTurn: async () => judged() } });
    const first = await startMilestone(worker, world, { historyLimit: 30 });
    await opened(worker.temporal.client.workflow.getHandle(first.workflowId) as Handle, 'milestone_completion');
    const { runId } = await worker.temporal.client.workflow.getHandle(first.workflowId).describe();
    const last = worker.temporal.client.workflow.getHandle(first.workflowId, runId) as Handle;
    await last.signal(answerSignal, { breakpoint: `${world.project}/m/milestone_completion.1`, action: 'abort' });
    await last.result().catch(() => undefined);
    return last;
  },
};

const timersOf = async (handle: Handle): Promise<number> =>
  (await handle.fetchHistory()).events?.filter((event) => event.timerStartedEventAttributes).length ?? 0;

const limit = (until: string) => ({ decision: 'wait', rule: 'limited', breakpoint: 'rate_limit_hit', until, reason: 'limit' }) as const;

/** A window that is too full, a limit that the timer ends, one that a person shortens and one that is left waiting. */
SCENARIOS.limits = async () => {
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
  let begun = 0;
  const world = newWorld({
    on: {
      beginTurn: async () => (begun++ === 0 ? { runKey: '', full: { until: at(1_000), reason: 'full' } } : { runKey: 'r' }),
      runTurn: runs({ outcome: 'limited' }, { outcome: 'limited' }, { outcome: 'limited' }, { outcome: 'failed', failure: 'overloaded' }),
      judgeTurn: judgements(limit(at(4_000)), limit(at(3_600_000)), limit(at(3_600_000)), { decision: 'wait', rule: 'overloaded' }),
    },
  });
  const handle = await startMilestone(worker, world);
  for (const [n, action] of [[3, 'retry'], [4, 'wait']] as const) {
    const { id } = await opened(handle, 'rate_limit_hit', n);
    await eventually(async () => (await timersOf(handle)) >= n, { what: `timer ${n}` });
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action, by: 'ann' }] });
  }
  await eventually(() => events(world).find(({ kind }) => kind === 'sleeping'), { what: 'the sleep' });
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return handle;
};

/** An expired login and an overload: the same turn goes on after the first; the second sleeps. */
SCENARIOS.holds = async () => {
  const world = newWorld({
    on: {
      runTurn: runs({ outcome: 'failed', failure: 'sign_in_required' }, { outcome: 'failed', failure: 'overloaded' }),
      judgeTurn: judgements({ decision: 'breakpoint', rule: 'sign_in_required', breakpoint: 'sign_in_required', hold: true }, { decision: 'wait', rule: 'overloaded' }),
    },
  });
  const handle = await startMilestone(worker, world);
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, 'sign_in_required')).id, action: 'retry', by: 'ann' }] });
  await eventually(() => events(world).find(({ kind }) => kind === 'sleeping'), { what: 'the sleep' });
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return handle;
};

/** The agent fails, its next attempt waits, and meanwhile the project tells of another plan. */
SCENARIOS.changed = async () => {
  const brief = milestone('m', { retry: { firstMs: 2_000, factor: 2, jitter: 0, maxMs: 60_000 } });
  const world = newWorld({
    milestones: [brief],
    on: {
      loadMilestone: async (p) => (p.planSha256 === 'abc' ? brief : { ...brief, tasks: [...brief.tasks, task('two')] }),
      runTurn: runs({ outcome: 'failed', failure: 'api_error' }, {}),
      judgeTurn: judgements({ decision: 'retry', rule: 'agent_failed', failed: true }, {}),
    },
  });
  const handle = await startMilestone(worker, world);
  await eventually(async () => (await timersOf(handle)) === 1, { what: 'the wait' });
  await handle.executeUpdate(applyPlanUpdate, { args: [{ planSha256: 'b'.repeat(64), by: 'ann', checked: true }] });
  await handle.result();
  return handle;
};

/** A task that begins with a plan, then two calls that wait for a person: allowed for good, refused. */
SCENARIOS.asked = async () => {
  const detail = { toolUseId: 't', tool: 'Bash', input: '{}', inputSha256: 'ab', why: 'w', parts: ['git push'], always: ['Bash(git push)'] };
  const asks = { decision: 'breakpoint', rule: 'deferred', breakpoint: 'permission_request', hold: true, detail } as const;
  const tasks = [task('one', { plan: true })];
  const world = newWorld({
    milestones: [milestone('m', { tasks })],
    on: {
      runTurn: runs({}, { outcome: 'deferred' }, { outcome: 'deferred' }, {}),
      judgeTurn: judgements({ decision: 'breakpoint', rule: 'plan_made', breakpoint: 'plan_approval', hold: true, detail: { plan: 'p', changedFiles: 0 } }, asks, asks, {}),
    },
  });
  const handle = await startMilestone(worker, world);
  for (const [kind, n, action] of [['plan_approval', 1, 'approve'], ['permission_request', 1, 'allow-always'], ['permission_request', 2, 'deny']] as const) {
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, kind, n)).id, action, note: 'n', by: 'ann' }] });
  }
  await handle.result();
  return handle;
};

async function projectHistory(fails: boolean): Promise<Handle> {
  const milestones = [{ ...milestone('a'), dependsOn: [] }, { ...milestone('b'), dependsOn: fails ? [] : ['a'] }];
  const world = newWorld({ milestones });
  if (fails) world.on.runTurn = (p) => (p.milestone === 'b' ? untilCancelled() : Promise.reject(failure('agent_missing', 'no claude')));
  const handle = await worker.temporal.client.workflow.start<typeof projectWorkflow>('projectWorkflow', {
    workflowId: projectWorkflowId(world.project), taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, planSha256: 'abc' }],
  });
  await handle.result().catch(() => undefined);
  return handle as unknown as Handle;
}

SCENARIOS.project = () => projectHistory(false);
SCENARIOS.projectFails = () => projectHistory(true);
Object.assign(SCENARIOS, timedScenarios(worker));

/** Nothing of the machine that recorded: its name and paths are in identities, queue names and stack traces. */
function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity' || key === 'stackTrace') return '';
  return typeof value === 'string' ? value.replaceAll(hostname(), 'recorder') : value;
}

await mkdir(FOLDER, { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, record] of Object.entries(SCENARIOS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { events } = JSON.parse(historyToJSON(await (await record()).fetchHistory())) as { events: object[] };
  const lines = events.map((event) => JSON.stringify(event, withoutMachine));
  await writeFile(join(FOLDER, `${name}.json`), `{"events":[\n${lines.join(',\n')}\n]}\n`);
  process.stdout.write(`${name}\n`);
}
await worker.stop();
