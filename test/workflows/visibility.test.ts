/** What a person sees in the Web UI and the `temporal` CLI, and that the commands shown there work as they stand. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandsFor, milestonePage } from '../../src/workflows/details.ts';
import type { OpenBreakpoint } from '../../src/workflows/messages.ts';
import { newShared } from '../../src/workflows/lane.ts';
import { newState, newTask, type Milestone } from '../../src/workflows/milestone-state.ts';
import { eventually } from '../support/eventually.ts';
import { temporalBinary } from '../support/temporal-binary.ts';
import { startTestWorker, testAddress, type TestWorker } from '../support/temporal-worker.ts';
import { opened, startMilestone, type Handle } from './driver.ts';
import { fakeActivities, judgements, milestone, newWorld, task } from './fakes.ts';

const run = promisify(execFile);

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const asking = () => newWorld({
  milestones: [milestone('m', { breakpoints: {}, title: 'Slugs | and more' })],
  on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'confidence_too_low', reason: "it's unsure" }) },
});

interface Metadata {
  currentDetails: string;
  definition: { signalDefinitions: { name: string; description: string }[]; updateDefinitions: { name: string }[] };
}

const metadataOf = (handle: Handle): Promise<Metadata> => handle.query<Metadata>('__temporal_workflow_metadata');

/** The line as it is shown, in a shell that knows nothing but where the server is. */
async function shell(line: string): Promise<string> {
  const folder = join(temporalBinary(join(import.meta.dirname, '../..')), '..');
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: '/nonexistent', TEMPORAL_ADDRESS: testAddress(), TEMPORAL_NAMESPACE: worker.temporal.namespace };
  return (await run('/bin/sh', ['-c', line], { env })).stdout;
}

describe('a waiting milestone', () => {
  test('shows its state, question and cost in the list', async () => {
    const world = asking();
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'confidence_too_low');
    const query = `HoldpointProject = '${world.project}' AND HoldpointState = 'waiting' AND HoldpointWaitingFor = '${id}' AND HoldpointCostUsd = 0.25 AND HoldpointHost = 'local'`;
    await eventually(async () => (await worker.temporal.client.workflow.count(query)).count === 1, { what: 'the list' });
    await handle.terminate();
  });

  test('is released by the very command its page shows', async () => {
    const handle = await startMilestone(worker, asking());
    const question = await opened(handle, 'confidence_too_low');
    const commands = commandsFor(question);
    const currentDetails = (await metadataOf(handle)).currentDetails.replaceAll('\u2007', '');
    expect(currentDetails).toContain('| one | Task one | blocked | 1 | 0.90 | 0.80 |');
    expect(currentDetails).toContain('**Slugs \\| and more** · waiting');
    expect(currentDetails).toContain(`holdpoint answer ${question.id} approve`);
    expect(currentDetails).toContain(commands.temporal);
    expect(currentDetails).toContain(`{\n  "breakpoint": "${question.id}",\n  "action": "approve"\n}`);
    await shell(commands.temporal);
    const last = await opened(handle, 'milestone_completion');
    await shell(`temporal workflow update execute --workflow-id ${handle.workflowId} --name answerNow --input '${JSON.stringify({ breakpoint: last.id, action: 'approve', by: 'cli' })}'`);
    expect((await handle.result()).state).toBe('completed');
  });

  test('outlives a signal in an encoding nobody knows', async () => {
    const handle = await startMilestone(worker, asking());
    const { id } = await opened(handle, 'confidence_too_low');
    const signal = `temporal workflow signal --workflow-id ${handle.workflowId} --name`;
    await shell(`${signal} answer --input '{"breakpoint":"${id}","action":"abort"}' --input-meta encoding=json/protobuf`);
    await shell(`${signal} pause --input 'x' --input-meta encoding=binary/encrypted`);
    await shell(`${signal} answer --input '{"breakpoint":"${id}","action":"approve"}'`);
    await opened(handle, 'milestone_completion');
    // What a workflow logs reaches the worker's log a moment after the task.
    await eventually(() => ['answer ignored', 'pause ignored'].every((line) => worker.logs.some(({ message }) => message === line)), { what: 'both lines of the log' });
    await handle.terminate();
  });

  test('describes its handlers with an example that can be copied', async () => {
    const handle = await startMilestone(worker, asking());
    await opened(handle, 'confidence_too_low');
    const { definition } = await metadataOf(handle);
    expect(definition.updateDefinitions.map((d) => d.name).sort()).toEqual(['answerNow', 'applyPlanNow', 'checkpointNow', 'extendNow', 'pauseNow', 'restoreNow', 'resumeNow', 'steerNow']);
    const { description } = definition.signalDefinitions.find((d) => d.name === 'answer') ?? { description: '' };
    const example = JSON.parse(description.slice(description.indexOf('{'))) as unknown;
    expect(example).toMatchObject({ action: 'approve', breakpoint: expect.stringContaining('/m/milestone_completion.1') });
    await handle.terminate();
  });

  test('has a summary on every activity, beginning with the task or the milestone', async () => {
    const handle = await startMilestone(worker, newWorld());
    await handle.result();
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).filter((e) => e.activityTaskScheduledEventAttributes).map((e) => Buffer.from(e.userMetadata?.summary?.data ?? []).toString());
    expect(summaries.length).toBeGreaterThan(9);
    for (const summary of summaries) expect(summary).toMatch(/^"(one|m) /);
  });
});

describe('the page', () => {
  const page = (tasks: number): string => {
    const briefs = Array.from({ length: tasks }, (_, i) => task(`task-${i}`, { title: 'Ä löng title 🦔 '.repeat(20) }));
    const state = newState({ project: 'p', planSha256: 'x', milestone: 'm' });
    state.tasks = briefs.map((b, i) => ({ ...newTask(b.id), state: i % 2 === 0 ? 'completed' : 'running' }));
    const m: Milestone = { input: { project: 'p', planSha256: 'x', milestone: 'm' }, brief: milestone('m', { tasks: briefs }), state, lane: state, shared: newShared(), firstRunId: 'r' };
    return milestonePage(m);
  };

  test('fits into an address with hundreds of tasks, and keeps those that run', () => {
    const text = page(300);
    expect(encodeURIComponent(text).length).toBeLessThan(8_192);
    expect(text).toMatch(/… and \d+ more/);
    expect(text).toContain('| task-1\u2007 |');
    expect(text).not.toContain('| task-298\u2007 |');
    expect(page(2)).not.toContain('more');
  });

  test('fits with many open questions: the most urgent in full, the others as far as they go', () => {
    const state = newState({ project: 'p', planSha256: 'x', milestone: 'm' });
    const question = (n: number, priority: 'high' | 'low'): OpenBreakpoint => ({
      id: `p/m/task-${n}.1/stalled.1`, kind: 'stalled', occurrence: 1, project: 'p', milestone: 'm', priority, task: `task-${n}`, turn: 1, openedAt: new Date(n).toISOString(),
      reason: 'ü'.repeat(1_000), actions: ['wait', 'retry', 'abort'], noteRequired: [], tree: null,
    });
    state.inbox.open = [...Array.from({ length: 20 }, (_, n) => question(n, 'low')), question(99, 'high')];
    const briefs = Array.from({ length: 300 }, (_, i) => task(`task-${i}`));
    state.tasks = briefs.map((b) => newTask(b.id));
    const text = milestonePage({ input: { project: 'p', planSha256: 'x', milestone: 'm' }, brief: milestone('m', { tasks: briefs }), state, lane: state, shared: newShared(), firstRunId: 'r' });
    expect(encodeURIComponent(text).length).toBeLessThan(8_192);
    expect(text.indexOf('task-99 #1')).toBeLessThan(text.indexOf('task-0 #1'));
    expect(text).toContain('holdpoint answer p/m/task-0.1/stalled.1 wait');
    expect(text).toMatch(/… and \d+ more: `holdpoint inbox`/);
    expect(text).toContain('| task-0\u2007 |');
  });
});
