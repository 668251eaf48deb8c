/**
 * The two workers of a worker process: one for workflows and short activities, one whose slots are the seats of agents,
 * so that runs of hours never hold up what takes seconds.
 */
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker, type LogEntry, type LogLevel, type NativeConnection, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import type { Activities, RunTurn } from '../activities/contract.ts';
import { bundleWorkflows } from './bundle.ts';
import { agentQueueOf, WORKFLOW_QUEUE } from '../workflows/messages.ts';

export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  /** Of workflows and short activities, default `holdpoint`; turns of agents are taken from the one beside it. */
  taskQueue?: string;
  activities: Activities;
  /** A pre-built bundle: its file or its code (1.1 s to the first poll instead of 2.6 s, and 120 MB less), or the sources' index.ts. */
  workflows: { bundlePath: string } | { path: string } | { code: string };
  /** Turns of agents that run at the same time in this process. */
  seats: number;
  /** More for the worker of the workflows: interceptors, sinks. */
  more?: Partial<WorkerOptions>;
}

export interface Workers {
  /** Resolves when both have ended, after `shutdown()`; rejects when one of them cannot go on (the other is ended too). */
  run(): Promise<void>;
  /** Takes no new work, lets short activities end, lets go of running turns (they go on at their hosts). May be repeated. */
  shutdown(): void;
}

// A cached workflow costs 0.4 MB; one that is not cached is replayed.
const MAX_CACHED = 500;

const SHARED = {
  // How late a cancel may be noticed; each second costs the server a call per running activity.
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
  // The end of a process is not the place to wait for something that hangs.
  shutdownForceTime: '20s',
} satisfies Partial<WorkerOptions>;

async function bundleOf(workflows: WorkersOptions['workflows']): Promise<WorkflowBundleOption> {
  if ('bundlePath' in workflows) return { codePath: workflows.bundlePath };
  return { code: 'code' in workflows ? workflows.code : await bundleWorkflows(workflows.path) };
}

async function workflowOptions(options: WorkersOptions): Promise<WorkerOptions> {
  const { connection, namespace, taskQueue = WORKFLOW_QUEUE, workflows, activities, more } = options;
  return {
    ...SHARED,
    connection, namespace, taskQueue, activities,
    workflowBundle: await bundleOf(workflows),
    maxCachedWorkflows: MAX_CACHED,
    // A killed worker holds up signals and queries for this long (10 s by default).
    stickyQueueScheduleToStartTimeout: '1s',
    // Long enough for a statement to end, short enough for a container's stop.
    shutdownGraceTime: '5s',
    ...more,
  };
}

function agentOptions({ connection, namespace, taskQueue = WORKFLOW_QUEUE, activities, seats }: WorkersOptions): WorkerOptions {
  return {
    ...SHARED,
    connection, namespace, taskQueue: agentQueueOf(taskQueue),
    activities: { runTurn: (p: RunTurn) => activities.runTurn(p) },
    maxConcurrentActivityTaskExecutions: seats,
    // Letting go of a run takes no time: the run does not notice.
    shutdownGraceTime: 0,
  };
}

function shutdownAll(workers: Worker[]): void {
  for (const worker of workers) {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  }
}

/** Fails when the bundle is missing or broken, or the namespace unknown. Nothing is polled before `run()`. */
export async function createWorkers(options: WorkersOptions): Promise<Workers> {
  const workers = [await Worker.create(await workflowOptions(options)), await Worker.create(agentOptions(options))];
  const shutdown = (): void => shutdownAll(workers);
  const runOne = (worker: Worker): Promise<void> => worker.run().finally(shutdown);
  return { shutdown, run: async () => void (await Promise.all(workers.map(runOne))) };
}

/**
 * Once per process, before the first connection: where the SDK's log lines go. Signals stay the caller's: by default the
 * SDK would take SIGTERM for itself.
 */
export function installRuntime(options: { level: LogLevel; log: (entry: LogEntry) => void; metricsAddress?: string }): void {
  Runtime.install({
    logger: new DefaultLogger(options.level, options.log),
    shutdownSignals: [],
    telemetryOptions: {
      // By default the native part writes to standard output by itself.
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: options.level === 'ERROR' ? 'ERROR' : 'WARN', other: 'ERROR' }) },
      ...(options.metricsAddress && { metrics: { prometheus: { bindAddress: options.metricsAddress } } }),
    },
  });
}
