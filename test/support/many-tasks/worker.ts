/**
 * A worker as a process of its own, to be killed: real workflows, real rows of plan, states, lease, turns and questions; what
 * would need a host or a model is played by script.ts. `HOLDPOINT_TEST_SCRIPT` is its seed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Activities, JudgeResult, JudgeTurn, RunTurn } from '../../../src/activities/contract.ts';
import { thisAttempt } from '../../../src/activities/heartbeat.ts';
import { createActivities } from '../../../src/activities/index.ts';
import { openDb } from '../../../src/db/client.ts';
import { noteEvent } from '../../../src/db/events.ts';
import { claimLease, releaseLease } from '../../../src/db/leases.ts';
import { workspaceOf } from '../../../src/db/plans.ts';
import { insertTurn } from '../../../src/db/turns.ts';
import { createRedactor } from '../../../src/domain/redaction.ts';
import { defaultHostsOptions } from '../../../src/ssh/default-options.ts';
import { createHosts } from '../../../src/ssh/hosts.ts';
import { connectNative } from '../../../src/temporal/connection.ts';
import { createWorkers, installRuntime } from '../../../src/temporal/worker.ts';
import { fateOf, type Fate } from './script.ts';

const { env } = process;
const SEED = Number(env['HOLDPOINT_TEST_SCRIPT']);
const ROOT = join(import.meta.dirname, '../../..');

const unused = (): never => {
  throw new Error('nobody works and nobody reviews here');
};

const { db } = openDb(env['DATABASE_URL'] ?? '', { max: 5 });
const hosts = createHosts(defaultHostsOptions({ bundlePath: join(ROOT, 'build/host.mjs'), sshConfigFile: null, stateDir: null, env: {} }));
const real = createActivities({
  db, hosts, install: 'test', notify: { channels: [], pageOf: () => null }, isRunning: async () => true, tellPlan: async () => undefined, seatsOn: () => null, agent: unused, reviewer: unused,
  redactor: () => createRedactor([]),
});

const JUDGED: Record<Fate, Partial<JudgeResult>> = {
  proceed: {},
  checksFail: { decision: 'retry', rule: 'check_failed_retry', reason: 'a check fails', failed: true },
  agentFails: { decision: 'retry', rule: 'agent_failed', reason: 'the agent failed', failed: true },
  lost: { decision: 'rerun', rule: 'lost', reason: 'the run was lost' },
  asks: { decision: 'breakpoint', rule: 'check_failed_final', breakpoint: 'breaking_test_failure', reason: 'a check broke', failed: true },
};

const PROCEED: JudgeResult = { decision: 'proceed', rule: 'quality_reached', breakpoint: null, reason: 'fine', until: null, quality: 0.9, confidence: 0.9, failed: false };

/** Kept in the database: whoever judges the turn may be another process. */
async function noteRun({ project, task, turn, seq }: RunTurn): Promise<void> {
  const message = `${task}.${turn}.${seq}`;
  await noteEvent(db, { project, kind: 'run', message, key: `${project}/${message}` });
}

async function lastRun({ project, task, turn }: JudgeTurn): Promise<number> {
  const rows = await db.selectFrom('event').select('message').where('project', '=', project).where('kind', '=', 'run').where('message', 'like', `${task}.${turn}.%`).execute();
  return Math.max(...rows.map(({ message }) => Number(message.split('.').at(-1))));
}

const played: Partial<Activities> = {
  async claimWorkspace(p) {
    return claimLease(db, { ...(await workspaceOf(db, p.project)), project: p.project, milestone: p.milestone, holder: p.workflowRunId });
  },
  async releaseWorkspace(p) {
    await releaseLease(db, { ...(await workspaceOf(db, p.project)), epoch: p.epoch });
  },
  takeBaseline: async () => ({ checks: [] }),
  async beginTurn(p) {
    await insertTurn(db, { ...p, ...thisAttempt(), prompt: p.task, sessionId: '00000000-0000-4000-8000-000000000000', resume: false, treeBefore: 'tree' });
    return { runKey: `${p.task}.${p.turn}.${p.seq}` };
  },
  async runTurn(p) {
    await noteRun(p);
    await pause(5);
    const fate = fateOf(SEED, p);
    const outcome = fate === 'agentFails' ? 'failed' : fate === 'lost' ? 'lost' : 'completed';
    return { outcome, message: fate, until: null, costUsd: 0, toolCalls: 1 };
  },
  endTurn: async () => ({ tree: 'tree', changedFiles: 1 }),
  previewRestore: async () => ({ preview: null }),
  putBack: async () => ({ undo: null }),
  lookAtTree: async ({ tree }) => ({ tree, files: 0, paths: [] }),
  runChecks: async () => ({ checks: [] }),
  reviewTurn: async () => ({ kind: 'skipped', quality: null, confidence: null }),
  async judgeTurn(p) {
    const judged = { ...PROCEED, ...JUDGED[fateOf(SEED, { ...p, seq: await lastRun(p) })] };
    if (judged.decision !== 'retry' || p.attemptsLeft > 0) return judged;
    return { ...judged, decision: 'breakpoint', breakpoint: 'consecutive_failures' };
  },
};

installRuntime({ level: 'ERROR', log: ({ message, meta }) => process.stderr.write(`${message} ${JSON.stringify(meta)}\n`) });
const { connection, namespace } = await connectNative({ env: { ...env } });
const workers = await createWorkers({ connection, namespace, activities: { ...real, ...played }, workflows: { bundlePath: join(ROOT, 'build/workflows.js') }, seats: 4 });
process.once('SIGTERM', () => workers.shutdown());
const running = workers.run();
writeFileSync(env['HOLDPOINT_READY_FILE'] ?? '', '');
await running;
await connection.close();
await hosts.close();
await db.destroy();
