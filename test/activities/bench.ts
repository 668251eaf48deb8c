/**
 * The activities on real parts: Postgres, the host program on this machine, processes of the scripted agent, the client of
 * Ollama against a scripted server. Each project has a workspace of its own.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/contract.ts';
import type { Deps } from '../../src/activities/deps.ts';
import { createScripted, type ScriptedStep, scriptedPrompt } from '../../src/agents/scripted.ts';
import { openDb } from '../../src/db/client.ts';
import { installationName } from '../../src/db/installation.ts';
import { savePlan } from '../../src/db/plans.ts';
import { startScriptedOllama, type ScriptedOllama } from '../../src/demo/scripted-ollama.ts';
import type { Agent } from '../../src/domain/agent.ts';
import type { CheckSpec, Plan } from '../../src/domain/plan.ts';
import { createRedactor } from '../../src/domain/redaction.ts';
import { createOllama } from '../../src/llm/ollama.ts';
import { createHosts, type HostsOptions } from '../../src/ssh/hosts.ts';
import { COMPILED } from '../support/cli.ts';
import { createTestDatabase } from '../support/test-db.ts';
import { Play } from './play.ts';

const ROOT = join(import.meta.dirname, '../..');
export const SHA = 'b'.repeat(64);

/** Of what is limited only so that it does not hang: a check or a turn takes long on a machine that is busy. */
const HANGS_MS = 300_000;

export interface ProjectOptions {
  /** What the agent does at the task `work`. */
  steps?: ScriptedStep[];
  checks?: (Partial<CheckSpec> & { name: string; run: string })[];
  files?: Record<string, string>;
  change?: (plan: Plan) => void;
}

const REVIEW = { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.9 };

const checkOf = (check: NonNullable<ProjectOptions['checks']>[number]): CheckSpec =>
  ({ timeoutMs: HANGS_MS, required: true, expect: 'pass', measures: 'tests', tasks: null, ...check });

function planOf(project: string, workspace: string, { steps = [], checks = [], change }: ProjectOptions): Plan {
  const task = { id: 'work', title: 'The work', instructions: scriptedPrompt(steps), acceptance: ['it works'], dependsOn: [], priority: 5, deadline: null };
  const plan: Plan = {
    project,
    workspace: { host: 'local', path: workspace },
    agent: {
      name: 'scripted', model: null, auth: { kind: 'login' }, maxTurns: 9, attempts: 3, budgetUsd: null, instructions: null, mcp: {}, timeoutMs: HANGS_MS,
    },
    reviewer: { name: 'ollama', model: 'tiny', deadlineMs: HANGS_MS },
    checks: checks.map(checkOf),
    policy: {
      gate: 0.7, permissions: { allow: ['Write(**)', 'Edit(**)', 'Read(**)', 'Bash(*)'], ask: [], deny: ['Bash(rm *)'] }, breakpoints: {},
      withoutReviewer: 'ask', hostPatienceMs: 5_000, snapshot: { exclude: [], maxFileBytes: 1_000_000 },
    },
    milestones: [{ id: 'slugs', title: 'Slugs', dependsOn: [], tasks: [task] }],
  };
  change?.(plan);
  return plan;
}

/** Coverage can only be told of the sources themselves. */
const hostProgram = (): string => join(ROOT, process.env.NODE_V8_COVERAGE ? 'src/host/main.ts' : 'build/host.mjs');

const hostsOptions = (dir: string): HostsOptions => ({
  bundlePath: hostProgram(), nodeBinary: process.execPath, sshConfigFile: join(dir, 'ssh_config'), sshAgentSocket: null,
  stateDir: join(dir, 'state'), keepalive: { intervalMs: 5_000, countMax: 3 }, connectTimeoutMs: 60_000, callTimeoutMs: 60_000,
  // DATABASE_URL is planted: no process of an agent may see it.
  env: { ...COMPILED, PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: dir, DATABASE_URL: 'postgres://planted' },
});

export interface Bench {
  dir: string;
  deps: Deps;
  activities: Activities;
  ollama: ScriptedOllama;
  /** What `redactor` hides. */
  secrets: string[];
  /** Milestones whose workflow "runs", as `project/milestone`. */
  running: Set<string>;
  /** More agents by name. */
  agents: Map<string, Agent>;
  /** Seats of hosts; unlimited where there is none. */
  seats: Map<string, number>;
  /** A plan in the database and a workspace; nothing is claimed. */
  project(name: string, options?: ProjectOptions): Promise<Play>;
  close(): Promise<void>;
}

type Given = Pick<Bench, 'secrets' | 'running' | 'agents' | 'seats'>;

async function openDeps(dir: string, ollama: ScriptedOllama, given: Given, beside: Bench | null): Promise<{ deps: Deps; close: () => Promise<void> }> {
  const database = await createTestDatabase();
  const { db, close } = openDb(database.url, { max: 5 });
  const hosts = beside?.deps.hosts ?? createHosts(hostsOptions(dir));
  const scripted = createScripted({ command: process.execPath });
  const deps: Deps = {
    db, hosts, install: await installationName(db, 'test'),
    seatsOn: (host) => given.seats.get(host) ?? null,
    notify: { channels: [], pageOf: () => null },
    isRunning: async ({ project, milestone }) => given.running.has(`${project}/${milestone}`),
    tellPlan: async () => undefined,
    agent: ({ name }) => given.agents.get(name) ?? scripted,
    reviewer: ({ model }) => createOllama({ host: ollama.url, model }),
    redactor: () => createRedactor(given.secrets),
  };
  const closeAll = async (): Promise<void> => {
    if (!beside) await hosts.close();
    await close();
    await database.drop();
  };
  return { deps, close: closeAll };
}

/**
 * Call `close` at the end: it ends every run that was begun and removes every folder. `beside`: another installation, with a
 * database of its own, on the host of that one; close it first.
 */
export async function openBench(beside: Bench | null = null): Promise<Bench> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'holdpoint-activities-')));
  writeFileSync(join(dir, 'ssh_config'), 'Host nobody\n  HostName 127.0.0.1\n  Port 1\n  UserKnownHostsFile /dev/null\n');
  const given = { secrets: [], running: new Set<string>(), agents: new Map<string, Agent>(), seats: new Map<string, number>() };
  const ollama = await startScriptedOllama({ script: { models: ['tiny'], otherwise: { review: REVIEW } } });
  const { deps, close } = await openDeps(dir, ollama, given, beside);
  const bench: Bench = {
    ...given, dir, deps, ollama,
    activities: createActivities(deps),
    project: async (name, options = {}) => {
      const workspace = join(dir, 'workspaces', name);
      mkdirSync(workspace, { recursive: true });
      for (const [path, text] of Object.entries({ 'README.md': '# a project\n', ...options.files })) writeFileSync(join(workspace, path), text);
      const plan = planOf(name, workspace, options);
      await savePlan(deps.db, { project: name, sha256: SHA, plan, source: '' });
      return new Play(bench, plan);
    },
    close: async () => {
      await endRuns(deps);
      await Promise.all([close(), ollama.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return bench;
}

async function endRuns({ db, hosts }: Deps): Promise<void> {
  const rows = await db.selectFrom('run').select('run_key').where('state', 'in', ['new', 'running', 'lost']).execute();
  const { api } = await hosts.link('local');
  for (const { run_key: key } of rows) await api.cancelRun({ key, graceMs: 0 });
}

/** An activity context of its own for each call; that one fails is the tests' to judge. `atMs`: when the attempt was scheduled. */
export const environment = (atMs = 1): MockActivityEnvironment =>
  new MockActivityEnvironment({ currentAttemptScheduledTimestampMs: atMs }, { logger: new DefaultLogger('ERROR') });
