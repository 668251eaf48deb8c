/** A worker's activities in the test's own process, with a pool and links of their own: what Temporal would call and call again. */
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { join } from 'node:path';
import { createActivities } from '../../../src/activities/index.ts';
import type { Activities } from '../../../src/activities/contract.ts';
import { openDb } from '../../../src/db/client.ts';
import type { Agent } from '../../../src/domain/agent.ts';
import { createRedactor } from '../../../src/domain/redaction.ts';
import { defaultHostsOptions } from '../../../src/ssh/default-options.ts';
import { createHosts } from '../../../src/ssh/hosts.ts';
import type { Stage } from './stage.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface InProcess {
  activities: Activities;
  close: () => Promise<void>;
}

export interface Call<T> {
  result: Promise<T>;
  /** Details of the heartbeats so far. */
  beats: unknown[];
  /** Takes the activity back as a worker that shuts down does: what it follows goes on. */
  letGo: () => void;
}

const unused = (): never => {
  throw new Error('nothing here is reviewed');
};

export function startInProcess(stage: Stage, agent: Agent, databaseUrl = stage.postgres.url): InProcess {
  const { db, close } = openDb(databaseUrl, { max: 5 });
  const places = { bundlePath: join(ROOT, 'build/host.mjs'), sshConfigFile: stage.configFile, stateDir: stage.stateDir, env: {} };
  const hosts = createHosts(defaultHostsOptions(places));
  const activities = createActivities({
    db, hosts, install: stage.install, notify: { channels: [], pageOf: () => null }, isRunning: async () => true, tellPlan: async () => undefined, seatsOn: () => null, agent: () => agent, reviewer: unused, redactor: () => createRedactor([]),
  });
  return { activities, close: () => hosts.close().then(close) };
}

/** Calls one activity in a context of its own. */
export function callActivity<N extends keyof Activities>(
  { activities }: InProcess, name: N, input: Parameters<Activities[N]>[0],
): Call<Awaited<ReturnType<Activities[N]>>> {
  const env = new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') });
  const beats: unknown[] = [];
  env.on('heartbeat', (details) => beats.push(details));
  const activity = activities[name] as (given: typeof input) => Promise<Awaited<ReturnType<Activities[N]>>>;
  const result: Promise<Awaited<ReturnType<Activities[N]>>> = env.run(activity, input);
  result.catch(() => undefined);
  return { result, beats, letGo: () => env.cancel('CANCELLED', new ActivityCancellationDetails({ workerShutdown: true })) };
}
