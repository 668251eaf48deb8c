/** Every row that is told under a lease is refused when the lease is over, and when a newer attempt of the step has written. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { appendLines } from '../../src/db/agent-events.ts';
import { insertCheckpoint } from '../../src/db/checkpoints.ts';
import { insertDecision } from '../../src/db/decisions.ts';
import { insertBaseline, insertEvidence } from '../../src/db/evidence.ts';
import { insertChanges } from '../../src/db/file-changes.ts';
import { underLease } from '../../src/db/lease-fence.ts';
import { claimLease } from '../../src/db/leases.ts';
import { insertReview } from '../../src/db/reviews.ts';
import { insertWeakenings } from '../../src/db/weakenings.ts';
import { closeRun, insertRun, runsOfTurn, updateRun } from '../../src/db/runs.ts';
import type { Database } from '../../src/db/schema.ts';
import type { Db } from '../../src/db/transaction.ts';
import { finishTurn, insertTurn } from '../../src/db/turns.ts';
import type { CheckEvidence } from '../../src/domain/evidence.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { eventually } from '../support/eventually.ts';
import { changeOf } from './changes.ts';
import { AT, beginProject, openTestDb, type Began } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

/** The milestone's workflow was ended, and a new run of it claimed the workspace. */
const claimAnew = (project: string, holder = 'the next run'): Promise<{ epoch: number }> =>
  claimLease(db, { host: 'local', workspace: `/srv/${project}`, project, milestone: 'slugs', holder });

const CHECKPOINT = { tree: 'late', sidecar: 's', files: 1, bytes: 1, notCovered: [] };
const CHECK: CheckEvidence = {
  name: 'late', exitCode: 0, durationMs: 1, timedOut: false, tail: '', tree: 't', treeAfter: 't', required: true, expect: 'pass', outcome: 'pass', met: true,
  baselineExitCode: 0,
};
const DECISION = {
  decision: { kind: 'proceed' }, rule: 'quality_reached', reason: 'late', facts: {}, scores: { quality: 1, confidence: 1, parts: [], confidenceParts: [] }, wouldChange: [],
} as unknown as Parameters<typeof insertDecision>[2];
const EXITED = { kind: 'exited', process: null, startedAt: AT, exit: { code: 0, signal: null, reason: 'cancelled', message: null, at: AT } } as const;

type Write = (turn: TurnRef, key: string) => Promise<unknown>;

/** What an activity can write about a turn, and where it would be seen. */
const WRITES: [string, keyof Database, Write][] = [
  ['a turn', 'turn', (turn) => insertTurn(db, { ...turn, turn: 2, prompt: 'late', sessionId: 's', resume: false, note: null, treeBefore: 't' })],
  ['the end of a turn', 'turn', (turn) => finishTurn(db, turn, { treeAfter: 'late' })],
  ['a run', 'run', (turn) => insertRun(db, { ...turn, seq: 2, install: 'test', host: 'local', spec: {} })],
  ['the state of a run', 'run', (_, key) => updateRun(db, key, { state: EXITED, costUsd: 1 })],
  ['lines of the stream', 'agent_event', (_, key) =>
    appendLines(db, { runKey: key, from: 0, to: 3, lines: [{ offset: 0, raw: Buffer.from('{}'), kind: 'other', json: {}, text: '', at: AT }] })],
  ['changes seen on the way', 'file_change', (turn) => insertChanges(db, { turn, treeFrom: 'a', treeTo: 'b', observedBy: 'scan', final: false, changes: [changeOf('x')] })],
  ['the changes of a turn', 'file_change', (turn) => insertChanges(db, { turn, treeFrom: 'a', treeTo: 'b', observedBy: 'checkpoint', final: true, changes: [changeOf('x')] })],
  ['a checkpoint', 'checkpoint', (turn) => insertCheckpoint(db, { ...turn, kind: 'after' }, CHECKPOINT)],
  ['a baseline', 'evidence', ({ project, milestone, epoch, attemptAt }) => insertBaseline(db, { project, milestone, epoch, ...(attemptAt && { attemptAt }) }, [CHECK])],
  ['evidence', 'evidence', (turn) => insertEvidence(db, turn, [CHECK])],
  ['weaker evidence', 'weakening', (turn) => insertWeakenings(db, turn, [{ kind: 'testConfig', path: 'a', before: null, after: null, text: '', accepted: null }])],
  ['a review', 'review', (turn) => insertReview(db, turn, { reviewer: 'r', outcome: { kind: 'unavailable', reason: 'unreachable', message: '', model: 'm', tries: 1 } })],
  ['a decision', 'decision', (turn) => insertDecision(db, turn, DECISION)],
];

const contentOf = async (table: keyof Database): Promise<unknown> => (await db.selectFrom(table).selectAll().execute());

let projects = 0;
const begin = (): Promise<Began> => beginProject(db, `late-${(projects += 1)}`);

test.each(WRITES)('%s is refused when the lease is over', async (_, table, write) => {
  const { turn, key } = await begin();
  await claimAnew(turn.project);
  const before = await contentOf(table);
  await expect(write(turn, key)).rejects.toMatchObject({ kind: 'stale_fence', message: expect.stringContaining(`${turn.project}/slugs has lost its workspace`) });
  expect(await contentOf(table)).toEqual(before);
});

test.each(WRITES)('%s is taken while the lease holds, also after it was given back', async (_, table, write) => {
  const { turn, key } = await begin();
  await sql`update workspace_lease set holder = null where project = ${turn.project}`.execute(db);
  const before = await contentOf(table);
  await write(turn, key);
  expect(await contentOf(table)).not.toEqual(before);
});

const EARLY = '2026-11-01T10:00:00.000Z';
const LATE = '2026-11-01T10:00:05.000Z';

test.each(WRITES.filter(([what]) => !what.startsWith('lines') && what !== 'the state of a run'))('%s of an attempt that was given up is refused once the next has written', async (_, table, write) => {
  const { turn, key } = await begin();
  await write({ ...turn, attemptAt: EARLY }, key);
  await underLease(db, { ...turn, attemptAt: LATE }, () => Promise.resolve());
  const before = await contentOf(table);
  await expect(write({ ...turn, turn: 1, attemptAt: EARLY }, key)).rejects.toMatchObject({ kind: 'internal', message: expect.stringContaining('a newer attempt of this step') });
  expect(await contentOf(table)).toEqual(before);
  await write({ ...turn, attemptAt: LATE }, key);
});

test('a claim waits for the rows that are being written, and those of the next statement are refused', async () => {
  const { turn } = await begin();
  const claimed = await underLease(db, turn, async (tx) => {
    const waiting = claimAnew(turn.project);
    const isWaiting = async (): Promise<boolean> =>
      (await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(db)).rows[0]?.n === 1;
    await eventually(isWaiting, { what: 'the claim to wait' });
    await finishTurn(tx, turn, { message: 'in time' });
    return { waiting };
  });
  expect((await claimed.waiting).epoch).toBe(turn.epoch + 1);
  await expect(finishTurn(db, turn, { message: 'late' })).rejects.toMatchObject({ kind: 'stale_fence' });
  expect(await db.selectFrom('turn').select('message').where('project', '=', turn.project).execute()).toEqual([{ message: 'in time' }]);
});

test('how an old run ended is told by the holder of the next lease', async () => {
  const { turn, key } = await begin();
  await claimAnew(turn.project);
  await closeRun(db, key, EXITED);
  expect(await runsOfTurn(db, turn)).toMatchObject([{ state: 'exited', exit: { reason: 'cancelled' } }]);
});
