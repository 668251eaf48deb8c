/** Rows that most tests of this folder start from: one project, two tasks, one turn with one run. */
import { runKey } from '../../src/domain/ids.ts';
import type { RunRef, TurnRef } from '../../src/domain/ids.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { openDb } from '../../src/db/client.ts';
import { claimLease } from '../../src/db/leases.ts';
import { savePlan } from '../../src/db/plans.ts';
import { insertRun } from '../../src/db/runs.ts';
import type { Db } from '../../src/db/transaction.ts';
import { insertTurn } from '../../src/db/turns.ts';
import { createTestDatabase } from '../support/test-db.ts';

export const SHA = 'a'.repeat(64);
export const AT = '2026-11-01T10:00:00.000Z';

export function planOf(project: string): Plan {
  return {
    project,
    workspace: { host: 'local', path: `/srv/${project}` },
    agent: {
      name: 'claude-code', model: null, auth: { kind: 'login' }, maxTurns: 12, attempts: 3, budgetUsd: null, instructions: null, mcp: {}, timeoutMs: 60_000,
    },
    reviewer: { name: 'ollama', model: 'tiny', deadlineMs: 60_000 },
    checks: [],
    policy: {
      gate: 0.7, permissions: { allow: [], ask: [], deny: [] }, breakpoints: {}, withoutReviewer: 'ask', hostPatienceMs: 60_000,
      snapshot: { exclude: [], maxFileBytes: 1_000_000 },
    },
    milestones: [{
      id: 'slugs', title: 'Slugs', dependsOn: [],
      tasks: [
        { id: 'unicode', title: 'Unicode titles', instructions: 'do', acceptance: [], dependsOn: ['ascii'], priority: 5, deadline: null },
        { id: 'ascii', title: 'ASCII titles', instructions: 'do', acceptance: [], dependsOn: [], priority: 7, deadline: '2026-12-01T18:00:00.000Z' },
      ],
    }],
  };
}

export interface Began {
  turn: TurnRef;
  key: string;
}

/** Registers the plan, takes the lease, begins one turn with one run. */
export async function beginProject(db: Db, project: string): Promise<Began> {
  await savePlan(db, { project, sha256: SHA, plan: planOf(project), source: `project: ${project}` });
  const { epoch } = await claimLease(db, { host: 'local', workspace: `/srv/${project}`, project, milestone: 'slugs', holder: `run-of-${project}` });
  return beginTurn(db, { project, milestone: 'slugs', epoch, task: 'ascii', turn: 1 });
}

export async function beginTurn(db: Db, turn: TurnRef): Promise<Began> {
  const run: RunRef = { ...turn, install: 'test', seq: 1 };
  await insertTurn(db, { ...turn, prompt: 'please', sessionId: 'session-1', resume: turn.turn > 1, note: null, treeBefore: `tree-${turn.turn - 1}` });
  await insertRun(db, { ...run, host: 'local', spec: { sessionId: 'session-1' } });
  return { turn, key: runKey(run) };
}

/** A migrated database and a connection to it; `close` ends both. */
export async function openTestDb(max = 5): Promise<{ db: Db; url: string; close: () => Promise<void> }> {
  const database = await createTestDatabase();
  const { db, close } = openDb(database.url, { max });
  return {
    db,
    url: database.url,
    close: async () => {
      await close();
      await database.drop();
    },
  };
}
