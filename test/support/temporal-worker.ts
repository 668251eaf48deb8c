/**
 * The real workers on the real server for one test file: a namespace of its own, so that files that run at the same time
 * never take each other's tasks. Counts workflow code in the coverage (it runs in the SDK's own VM).
 */
import { randomBytes } from 'node:crypto';
import type { LogEntry } from '@temporalio/worker';
import { msToTs } from '@temporalio/common/lib/time.js';
import { WorkflowCoverage } from '@temporalio/nyc-test-coverage';
import type { Activities } from '../../src/activities/contract.ts';
import { connectNative, connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { createWorkers, installRuntime, type WorkersOptions } from '../../src/temporal/worker.ts';
import { eventually } from './eventually.ts';
import { workflowCode } from './workflow-code.ts';

export interface TestWorker {
  temporal: Temporal;
  /** Lines of the SDK's log at WARN and above, workflow code's own included. */
  logs: LogEntry[];
  stop(): Promise<void>;
}

/** Lines of this file's worker; the SDK's runtime is one per process. */
const logs: LogEntry[] = [];

/** A machine that is busy takes longer than the five seconds that a person waits by default. */
export const CONNECT = { env: {}, deadlineMs: 60_000 };

export function testAddress(): string {
  const address = process.env.HOLDPOINT_TEST_TEMPORAL_ADDRESS;
  if (!address) throw new Error('HOLDPOINT_TEST_TEMPORAL_ADDRESS is not set: run the tests through jest.config.js, whose global set-up starts a server');
  return address;
}

let isInstalled = false;

function installOnce(): void {
  if (isInstalled) return;
  isInstalled = true;
  installRuntime({ level: 'WARN', log: (entry) => logs.push(entry) });
}

/** A namespace nobody else uses, with our search attributes. */
export async function newNamespace(address: string): Promise<string> {
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const temporal = await connectTemporal({ ...CONNECT, address, namespace });
  await temporal.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  // The server's parts learn of it one after the other.
  await eventually(() => registerSearchAttributes(temporal.connection, namespace).then(() => true), { what: `namespace ${namespace}` });
  await eventually(() => temporal.client.workflow.count().then(() => true), { what: `visibility of ${namespace}` });
  await temporal.close();
  return namespace;
}

interface Counted {
  options: Pick<WorkersOptions, 'workflows' | 'more'>;
  merge(): void;
}

/** Without coverage there is nothing to collect. */
function counted(): Counted {
  const coverage = new WorkflowCoverage();
  const code = workflowCode();
  const { sinks } = coverage.augmentWorkerOptionsWithBundle({ taskQueue: '', workflowBundle: { code } });
  return { options: { workflows: { code }, more: sinks ? { sinks } : {} }, merge: () => mergeCoverage(coverage) };
}

function mergeCoverage(coverage: WorkflowCoverage): void {
  const shared = globalThis as { __coverage__?: unknown };
  if (shared.__coverage__ === undefined) return;
  coverage.mergeIntoGlobalCoverage();
  // The merge leaves objects of another realm, which the reporter does not know.
  shared.__coverage__ = JSON.parse(JSON.stringify(shared.__coverage__));
}

/** Starts both workers. Call `stop` when the file's tests are done. */
export async function startTestWorker(activities: Activities, seats = 20): Promise<TestWorker> {
  installOnce();
  const address = testAddress();
  const namespace = await newNamespace(address);
  const temporal = await connectTemporal({ ...CONNECT, address, namespace });
  const native = await connectNative({ ...CONNECT, address, namespace });
  const coverage = counted();
  const workers = await createWorkers({ connection: native.connection, namespace, activities, seats, ...coverage.options });
  const running = workers.run();
  const stop = async (): Promise<void> => {
    workers.shutdown();
    await running;
    await native.connection.close();
    await temporal.close();
    coverage.merge();
  };
  return { temporal, logs, stop };
}
