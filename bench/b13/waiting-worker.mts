/**
 * A worker with workflows that wait: `node waiting-worker.mts ours|bare ADDRESS COUNT CACHE SETTLE_MS`. Prints `kB N`, the memory one of them
 * takes: what the process has grown by between a few and all of them, over those that stay in its cache.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { connectNative, connectTemporal } from '../../src/temporal/connection.ts';
import { createWorkers, installRuntime } from '../../src/temporal/worker.ts';
import type { milestoneWorkflow } from '../../src/workflows/milestone.ts';
import { createCalls, instantActivities, PROCEED } from '../b10/calls.ts';
import { goOnSignal, type bareSignals } from '../b10/workflows.ts';
import { WORKFLOW_BUNDLE } from '../bundles.ts';
import { NAMESPACE } from '../servers.ts';

const FEW = 10;
/** Started at the same time. */
const WIDTH = 100;

const [kind = '', address = '', count = 0, maxCachedWorkflows = 0, settleMs = 0] = process.argv.slice(2).map((word, at) => (at < 2 ? word : Number(word))) as [string, string, number, number, number];
const taskQueue = `b13-${randomBytes(5).toString('hex')}`;
let waiting = 0;

installRuntime({ level: 'WARN', log: ({ message }) => void process.stderr.write(`${message}\n`) });
const temporal = await connectTemporal({ env: {}, address, namespace: NAMESPACE });
const { connection } = await connectNative({ env: {}, address, namespace: NAMESPACE });

/** Each of ours ends its first turn in a question. */
async function ours() {
  const judge = { ...PROCEED, decision: 'breakpoint' as const, rule: 'confidence_too_low' as const, breakpoint: 'confidence_too_low' as const };
  const onRecord = ({ opened = [] }: { opened?: unknown[] }): void => void (waiting += opened.length);
  const activities = instantActivities({ ...createCalls(), noted: (_, work) => async (...args) => work(...args) }, () => ({ tasks: 1, judge, onRecord }));
  const worker = await createWorkers({ connection, namespace: NAMESPACE, taskQueue, seats: WIDTH, activities, workflows: { bundlePath: WORKFLOW_BUNDLE }, more: { maxCachedWorkflows } });
  const start = (n: number): Promise<WorkflowHandle> => temporal.client.workflow.start<typeof milestoneWorkflow>('milestoneWorkflow', {
    workflowId: milestoneWorkflowId(taskQueue, `m${n}`), taskQueue, args: [{ project: taskQueue, planSha256: 'bench', milestone: `m${n}` }],
  });
  return { worker, start };
}

/** Each waits for its second signal. */
async function bare() {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: join(import.meta.dirname, '../b10/workflows.ts'), logger: new DefaultLogger('WARN') });
  const activities = { noop: async () => void (waiting += 1) };
  const worker = await Worker.create({ connection, namespace: NAMESPACE, taskQueue, workflowBundle, activities, maxCachedWorkflows });
  const start = (n: number): Promise<WorkflowHandle> => temporal.client.workflow.signalWithStart<typeof bareSignals>('bareSignals', {
    workflowId: `${taskQueue}-${n}`, taskQueue, args: [2], signal: goOnSignal, signalArgs: [],
  });
  return { worker, start };
}

async function kilobytes(): Promise<number> {
  await sleep(settleMs);
  (globalThis as { gc?: () => void }).gc?.();
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

const { worker, start } = kind === 'ours' ? await ours() : await bare();
const running = worker.run();
const handles: WorkflowHandle[] = [];

async function untilWaiting(all: number): Promise<void> {
  while (handles.length < all) {
    const next = Array.from({ length: Math.min(WIDTH, all - handles.length) }, (_, n) => start(handles.length + n));
    handles.push(...await Promise.all(next));
    while (waiting < handles.length) await sleep(20);
  }
}

await untilWaiting(FEW);
const before = await kilobytes();
await untilWaiting(FEW + count);
const after = await kilobytes();
process.stdout.write(`kB ${(after - before) / Math.min(count, maxCachedWorkflows - FEW)}\n`);
while (handles.length > 0) await Promise.all(handles.splice(0, WIDTH).map((handle) => handle.terminate('the benchmark is over')));
worker.shutdown();
await running;
await connection.close();
await temporal.close();
