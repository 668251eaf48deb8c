import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { insertDecision } from '../../src/db/decisions.ts';
import { insertEvidence } from '../../src/db/evidence.ts';
import { insertChanges } from '../../src/db/file-changes.ts';
import { insertRun, updateRun } from '../../src/db/runs.ts';
import { findBreakpoint } from '../../src/db/breakpoints.ts';
import { recordStates } from '../../src/db/states.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Db } from '../../src/db/transaction.ts';
import { finishTurn } from '../../src/db/turns.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { changeOf } from './changes.ts';
import { AT, beginProject, beginTurn, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const CHECK = { name: 'test', durationMs: 1, timedOut: false, tail: '', tree: 't', treeAfter: 't', required: true, expect: 'pass', met: false, baselineExitCode: 1 } as const;

/** A turn from its checks to its decision. */
async function carryOut(ref: TurnRef, exitCode: 0 | 1, paths: string[]): Promise<void> {
  const isFixed = exitCode === 0;
  await finishTurn(db, ref, { outcome: { kind: 'completed', text: 'ok' }, message: 'ok', costUsd: 0.1, treeAfter: `tree-${ref.turn}` });
  await insertEvidence(db, ref, [{ ...CHECK, exitCode, outcome: isFixed ? 'fixed' : 'stillFailing' }]);
  await insertChanges(db, { turn: ref, treeFrom: 'a', treeTo: 'b', observedBy: 'checkpoint', final: true, changes: paths.map((path) => changeOf(path)) });
  await insertDecision(db, ref, {
    decision: isFixed ? { kind: 'proceed' } : { kind: 'retry', feedback: 'f' }, rule: isFixed ? 'quality_reached' : 'check_failed_retry', reason: 'r', facts: {},
    scores: { quality: isFixed ? 0.9 : 0.2, confidence: 0.8, parts: [], confidenceParts: [] }, wouldChange: [],
  });
}

test('the status document has the shape of the contract, with all of a project in it', async () => {
  const { turn, key } = await beginProject(db, 'tinyslug');
  await updateRun(db, key, { state: { kind: 'running', process: { pid: 7, startTicks: 1 }, startedAt: AT } });
  const lost = await insertRun(db, { ...turn, install: 'test', seq: 2, host: 'local', spec: {} });
  await carryOut(turn, 1, ['src/a.ts', 'src/b.ts']);
  const second = await beginTurn(db, { ...turn, turn: 2 });
  await carryOut(second.turn, 0, ['src/a.ts']);
  const change = { project: 'tinyslug', milestone: 'slugs', workflowId: 'w', runId: 'r' };
  await recordStates(db, { ...change, projectState: 'running', milestoneState: 'waiting', tasks: [{ id: 'ascii', state: 'completed' }] });
  const id = 'tinyslug/slugs/milestone_completion.1';
  await recordStates(db, { ...change, opened: [{
    id, kind: 'milestone_completion', occurrence: 1, priority: 'medium', project: 'tinyslug', milestone: 'slugs', task: null, turn: null,
    openedAt: AT, reason: 'r', actions: ['approve'], noteRequired: [], tree: null,
  }] });

  expect(await readStatus(db, 'tinyslug')).toEqual({
    projects: [{
      project: 'tinyslug', workflowId: 'holdpoint/tinyslug', state: 'running', workspace: { host: 'local', path: '/srv/tinyslug', watch: null }, reason: null, costUsd: 0.2, budgets: [], raised: [],
      milestones: [{
        id: 'slugs', title: 'Slugs', forkOf: null, workflowId: 'holdpoint/tinyslug/slugs', state: 'waiting', waitingFor: [id], waitingSince: AT, sleepingUntil: null, reason: null, granted: [], restored: null, worktrees: [],
        tasks: [
          {
            id: 'unicode', title: 'Unicode titles', state: 'pending', dependsOn: ['ascii'], priority: 5, quality: null, confidence: null,
            costUsd: 0, changedFiles: 0, turns: [],
          },
          {
            id: 'ascii', title: 'ASCII titles', state: 'completed', dependsOn: [], priority: 7, quality: 0.9, confidence: 0.8,
            costUsd: 0.2, changedFiles: 2,
            turns: [
              {
                turn: 1, outcome: 'completed', decision: 'retry', rule: 'check_failed_retry', unproven: [], checks: [{ name: 'test', exitCode: 1, outcome: 'stillFailing', tests: null, changedFiles: 0 }],
                runs: [
                  { key, state: 'running', pid: 7, startedAt: AT, liveness: 'producing', silentSince: null },
                  { key: lost.runKey, state: 'new', pid: null, startedAt: null, liveness: null, silentSince: null },
                ],
              },
              {
                turn: 2, outcome: 'completed', decision: 'proceed', rule: 'quality_reached', unproven: [], checks: [{ name: 'test', exitCode: 0, outcome: 'fixed', tests: null, changedFiles: 0 }],
                runs: [{ key: second.key, state: 'new', pid: null, startedAt: null, liveness: null, silentSince: null }],
              },
            ],
          },
        ],
      }],
    }],
    usage: [],
  });
});

test('a question that answers itself says until when the milestone sleeps, and who answered', async () => {
  await beginProject(db, 'sleeper');
  const change = { project: 'sleeper', milestone: 'slugs', workflowId: 'w', runId: 'r' };
  const id = 'sleeper/slugs/ascii.1/rate_limit_hit.1';
  const until = '2026-06-01T14:05:00.000Z';
  await recordStates(db, { ...change, milestoneState: 'waiting', opened: [{
    id, kind: 'rate_limit_hit', occurrence: 1, priority: 'high', project: 'sleeper', milestone: 'slugs', task: 'ascii', turn: 1,
    openedAt: AT, reason: 'r', actions: ['wait', 'retry', 'abort'], noteRequired: [], tree: null, until,
  }] });
  const sleeping = async (): Promise<string | null | undefined> => (await readStatus(db, 'sleeper')).projects[0]?.milestones[0]?.sleepingUntil;
  expect(await sleeping()).toBe(until);
  await recordStates(db, { ...change, answered: [{ id, action: 'retry', note: null, by: 'the timer', via: 'timer', at: AT }] });
  expect(await sleeping()).toBeNull();
  expect((await findBreakpoint(db, id))?.answer).toMatchObject({ action: 'retry', by: 'the timer', via: 'timer' });
});

test('a milestone that was given up says why, and what it may have left at work', async () => {
  await beginProject(db, 'given-up');
  const change = { project: 'given-up', milestone: 'slugs', workflowId: 'w', runId: 'r' };
  const reason = async () => (await readStatus(db, 'given-up')).projects[0]?.milestones[0]?.reason;
  await recordStates(db, { ...change, key: 'r/1', milestoneState: 'running', events: [{ kind: 'run_left', message: 'of an earlier run' }] });
  const now = { ...change, runId: 'now' };
  await recordStates(db, { ...now, key: 'now/1', milestoneState: 'failed', events: [{ kind: 'failed', message: 'aborted by eve' }] });
  expect(await reason()).toBe('aborted by eve');
  await recordStates(db, { ...now, key: 'now/2', events: [{ kind: 'run_left', message: 'its agent may work on' }] });
  expect(await reason()).toBe('aborted by eve; its agent may work on');
});

test('an unknown project is an empty list', async () => {
  expect(await readStatus(db, 'nobody')).toEqual({ projects: [], usage: [] });
});

test('without a name: all that run, and the latest twenty of those that ended', async () => {
  for (let n = 0; n < 25; n += 1) {
    await beginProject(db, `ended-${n}`);
    await recordStates(db, { project: `ended-${n}`, workflowId: 'w', runId: 'r', projectState: 'completed' });
  }
  const listed = (await readStatus(db)).projects.map((project) => project.project);
  expect(listed).toContain('tinyslug');
  expect(listed).toContain('ended-24');
  expect(listed).not.toContain('ended-0');
  expect(listed).toHaveLength(23);
});

test('statements of the read side find their rows by index', async () => {
  const queries = [
    `select id from turn where project = 'p' and milestone = 'm' and epoch = 1 and task = 't' and turn = 1`,
    `select * from agent_event where (run_id, byte_offset) > (1, 0) order by run_id, byte_offset limit 10`,
    `select count(distinct path) from file_change where turn_id = 1 and final`,
    `select * from decision where turn_id = 1 order by id desc limit 1`,
    `select * from evidence where turn_id = 1`,
    `select * from run where turn_id = 1`,
    `select * from breakpoint where project = 'p' and answered_at is null and closed_at is null`,
    `select * from breakpoint where id = 'p/m/k.1' order by opened_at desc limit 1`,
    `select * from event where project = 'p' and id > 5 order by id limit 5`,
  ];
  await db.connection().execute(async (one) => {
    await sql`set enable_seqscan = off`.execute(one);
    for (const query of queries) {
      const { rows } = await sql<Record<string, string>>`explain ${sql.raw(query)}`.execute(one);
      const plan = rows.map((row) => Object.values(row)[0]).join('\n');
      expect(plan).not.toMatch(/Seq Scan/);
    }
  });
});
