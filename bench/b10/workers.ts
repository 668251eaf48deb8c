/** The real workers with the real milestone workflow, and a bare worker beside them, in one process on one server. */
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { connectNative, connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { createWorkers, installRuntime } from '../../src/temporal/worker.ts';
import { buildBundles, WORKFLOW_BUNDLE } from '../bundles.ts';
import { NAMESPACE } from '../servers.ts';
import { createCalls, instantActivities, PROCEED, type Behaviour, type Calls } from './calls.ts';

export const BARE_QUEUE = 'bench-bare';

const BARE_WORKFLOWS = join(import.meta.dirname, 'workflows.ts');

export interface Workers {
  temporal: Temporal;
  /** Activities of ours, and of the bare worker. */
  calls: { ours: Calls; bare: Calls };
  behaviour: Behaviour;
  stop(): Promise<void>;
}

let isInstalled = false;

/** The SDK's runtime is one per process. */
function installOnce(log: (line: string) => void): void {
  if (isInstalled) return;
  isInstalled = true;
  installRuntime({ level: 'WARN', log: ({ level, message }) => log(`${level} ${message}`) });
}

export async function startWorkers(address: string, log: (line: string) => void): Promise<Workers> {
  installOnce(log);
  await buildBundles();
  const temporal = await connectTemporal({ env: {}, address, namespace: NAMESPACE });
  const { connection } = await connectNative({ env: {}, address, namespace: NAMESPACE });
  const calls = { ours: createCalls(), bare: createCalls() };
  const behaviour: Behaviour = { tasks: 1, judge: PROCEED, onRecord: () => undefined };
  const ours = await createWorkers({
    connection, namespace: NAMESPACE, seats: 4, activities: instantActivities(calls.ours, () => behaviour), workflows: { bundlePath: WORKFLOW_BUNDLE },
  });
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: BARE_WORKFLOWS, logger: new DefaultLogger('WARN') });
  const activities = { noop: calls.bare.noted('noop', () => undefined) };
  const bare = await Worker.create({ connection, namespace: NAMESPACE, taskQueue: BARE_QUEUE, workflowBundle, activities });
  const running = Promise.all([ours.run(), bare.run()]);
  const stop = async (): Promise<void> => {
    ours.shutdown();
    bare.shutdown();
    await running;
    await connection.close();
    await temporal.close();
  };
  return { temporal, calls, behaviour, stop };
}
