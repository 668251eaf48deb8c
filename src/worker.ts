/**
 * A worker: configuration → database, hosts, agents, reviewers → activities → two Temporal workers. Ends on SIGTERM or
 * SIGINT: short activities come to their end, running turns are let go of and go on at their hosts.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createActivities } from './activities/index.ts';
import { builtinAgents } from './agents/builtin.ts';
import { createAgents, loadAgentPackages } from './agents/registry.ts';
import { loadConfig, type Config } from './config.ts';
import { credentialIn, readCredential } from './credential.ts';
import { openDb } from './db/client.ts';
import { installationName } from './db/installation.ts';
import { assertMigrated } from './db/migrate.ts';
import { exitCodeOf, HoldpointError } from './domain/failure-kind.ts';
import type { AgentSettings, CredentialSource } from './domain/plan.ts';
import { createRedactor, type TextRedactor } from './domain/redaction.ts';
import { builtinReviewers, createReviewers, loadReviewerPackages } from './llm/registry.ts';
import { createLog, type Log } from './log.ts';
import { createChannels } from './notify/channels.ts';
import { defaultHostsOptions } from './ssh/default-options.ts';
import { createHosts } from './ssh/hosts.ts';
import { applyPlan } from './temporal/client.ts';
import { isRunning } from './temporal/restores.ts';
import { connectNative, connectTemporal, type Temporal } from './temporal/connection.ts';
import { registerSearchAttributes } from './temporal/search-attributes.ts';
import { workflowPage } from './temporal/web-ui.ts';
import { createWorkers, installRuntime } from './temporal/worker.ts';

const ROOT = join(import.meta.dirname, '..');
const WORKFLOW_BUNDLE = join(ROOT, 'build/workflows.js');

/** A server that vanished without a word would hold a statement for hours: far above any real one, so that it is tried again. */
const QUERY_TIMEOUT_MS = 60_000;

/** What this process has been given to keep secret so far: hidden in everything that is stored. */
class Secrets {
  private readonly values = new Set<string>();
  private made: TextRedactor | null = null;

  add(value: string): string {
    if (!this.values.has(value)) this.made = null;
    this.values.add(value);
    return value;
  }

  /** Knows what the agent is given, also in a worker that never starts one: a check or a difference may show it too. */
  learn({ auth }: AgentSettings): void {
    if (auth.kind === 'login' || auth.source.on === 'host') return;
    const value = credentialIn(auth.source, process.env);
    if (value) this.add(value);
  }

  all(): string[] {
    return [...this.values];
  }

  /** Made once for what is known: that takes longer than most of what is asked of it. */
  redactor(): TextRedactor {
    return (this.made ??= createRedactor(this.all()));
  }
}

const secrets = new Secrets();

/** What this process itself signs in with: an agent on the same machine could read it from our environment and print it. */
function learnOwn(databaseUrl: string): void {
  const password = URL.canParse(databaseUrl) ? decodeURIComponent(new URL(databaseUrl).password) : '';
  // A short one is a word (`postgres`) that would be blanked out everywhere.
  for (const value of [password, process.env['TEMPORAL_API_KEY'] ?? '']) if (value.length >= 12) secrets.add(value);
}

/** What the plan or the configuration names. */
const secretOf = (of: string) => (source: CredentialSource): string => secrets.add(readCredential(source, process.env, { of, where: 'worker' }));

async function makeActivities(config: Config, temporal: Temporal, close: (() => Promise<void>)[]): Promise<ReturnType<typeof createActivities>> {
  const { db, close: closeDb } = openDb(config.databaseUrl, { queryTimeoutMs: QUERY_TIMEOUT_MS });
  close.push(closeDb);
  await assertMigrated(db);
  const places = { bundlePath: config.hostBundle ?? join(ROOT, 'build/host.mjs'), sshConfigFile: config.sshConfigFile, stateDir: config.hostStateDir };
  const hosts = createHosts(defaultHostsOptions({ ...places, env: process.env }));
  close.push(() => hosts.close());
  const builtin = builtinAgents({
    claudeCode: { command: config.claudeCommand, baseUrl: config.claudeBaseUrl },
    resolve: secretOf('plan'),
    scripted: null,
  });
  const agents = createAgents(builtin, await loadAgentPackages(config.agents));
  const reviewers = createReviewers(builtinReviewers({ ollama: { host: config.ollamaHost } }), await loadReviewerPackages(config.reviewers));
  return createActivities({
    db, hosts, install: await installationName(db, config.install),
    notify: {
      channels: createChannels(config.notify, { resolve: secretOf('configuration'), env: process.env }),
      pageOf: (workflowId) => config.webUiUrl && workflowPage(config.webUiUrl, temporal.namespace, workflowId),
    },
    seatsOn: (host) => config.hostSeats[host] ?? config.hostSeats['*'] ?? null,
    isRunning: (target) => isRunning(temporal, target),
    tellPlan: (target, change) => applyPlan(temporal, target, change),
    agent: (settings) => agents.make(settings),
    reviewer: (settings) => reviewers.make(settings),
    redactor: (settings) => {
      secrets.learn(settings);
      return secrets.redactor();
    },
  });
}

/** Signals shut down in order once; a second one ends the process at once. */
function onSignals(shutdown: () => void, log: Log): void {
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      log.info({ signal }, 'shutting down; running turns go on at their hosts');
      shutdown();
    });
  }
}

async function main(config: Config, log: Log): Promise<void> {
  const close: (() => Promise<void>)[] = [];
  try {
    const temporal = await connectTemporal({ env: process.env });
    close.push(() => temporal.close());
    const activities = await makeActivities(config, temporal, close);
    // Only now: it keeps the process alive until a native connection was closed, or could not be made.
    installRuntime({ level: 'WARN', log: ({ level, message, meta }) => log[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message) });
    const { connection, address, namespace } = await connectNative({ env: process.env });
    close.unshift(() => connection.close());
    await registerSearchAttributes(connection, namespace);
    const bundlePath = config.workflowBundle ?? WORKFLOW_BUNDLE;
    const workflows = existsSync(bundlePath) ? { bundlePath } : { path: join(ROOT, 'src/workflows/index.ts') };
    const workers = await createWorkers({ connection, namespace, taskQueue: config.taskQueue, activities, workflows, seats: config.agentSeats });
    onSignals(() => workers.shutdown(), log);
    const running = workers.run();
    log.info({ address, namespace, seats: config.agentSeats, pid: process.pid }, 'worker polls');
    if (config.readyFile) writeFileSync(config.readyFile, String(process.pid));
    await running;
  } finally {
    for (const one of close) await one();
  }
}

let log = createLog({ level: 'info', scope: 'worker', stream: process.stderr, secrets: () => secrets.all() });

async function start(): Promise<void> {
  const config = loadConfig(process.env, process.cwd());
  log = createLog({ level: config.logLevel, scope: 'worker', stream: process.stderr, secrets: () => secrets.all() });
  learnOwn(config.databaseUrl);
  await main(config, log);
}

await start().catch((error: unknown) => {
  const { message, hint } = error instanceof HoldpointError ? error : { message: String(error), hint: undefined };
  log.error({ hint }, message);
  process.exitCode = error instanceof HoldpointError ? exitCodeOf(error.kind) : 1;
});
