/** Money as Postgres sums it up: exact, once for each run, whatever the order and whoever repeats. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { accountsOf } from '../../src/db/budget.ts';
import { noteRaised } from '../../src/db/raised-limits.ts';
import { removeProject } from '../../src/db/remove-project.ts';
import { insertRun, updateRun } from '../../src/db/runs.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Db } from '../../src/db/transaction.ts';
import { runKey, type RunRef, type TurnRef } from '../../src/domain/ids.ts';
import { overLine } from '../../src/domain/limits/budget.ts';
import { savePlan } from '../../src/db/plans.ts';
import { pick, seededRandom } from '../support/random.ts';
import { beginProject, beginTurn, openTestDb, planOf, SHA } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const BUDGET = { turn: 1, task: 2, milestone: 3, project: 4, warnAt: 0.8 };
const limited = (project: string) => ({ ...planOf(project), budget: BUDGET });

async function spent(turn: TurnRef): Promise<number[]> {
  return (await accountsOf(db, limited(turn.project), turn)).map(({ spentUsd }) => spentUsd);
}

async function anotherRun(turn: TurnRef, seq: number): Promise<string> {
  const run: RunRef = { ...turn, install: 'test', seq };
  await insertRun(db, { ...run, host: 'local', spec: {} });
  return runKey(run);
}

test('the rows agree with a sum of whole millionths, at every level, over random bookings and repetitions', async () => {
  const random = seededRandom(24);
  const first = await beginProject(db, 'random');
  const turns = [first.turn];
  for (const [task, turn] of [['ascii', 2], ['unicode', 1]] as const) turns.push((await beginTurn(db, { ...first.turn, task, turn })).turn);
  const keys = new Map<string, TurnRef>();
  for (const turn of turns) for (const seq of [1, 2, 3]) keys.set(await anotherRun(turn, seq), turn);
  const booked = new Map<string, number>();
  for (let n = 0; n < 200; n += 1) {
    const key = pick(random, [...keys.keys()]);
    // A run tells its cost so far again and again; the last word holds, also a lower one.
    const micros = Math.floor(random() * 400_000);
    await updateRun(db, key, { costUsd: micros / 1e6 });
    booked.set(key, micros);
  }
  for (const turn of turns) {
    const sumOf = (is: (of: TurnRef) => boolean) => [...booked].filter(([key]) => is(keys.get(key)!)).reduce((sum, [, micros]) => sum + micros, 0) / 1e6;
    const ofTask = ({ task }: TurnRef): boolean => task === turn.task;
    expect(await spent(turn)).toEqual([sumOf((of) => of === turn), sumOf(ofTask), sumOf(() => true), sumOf(() => true)]);
  }
});

test('parts of a millionth add up before they are rounded, and what is spent to the cent is over its line', async () => {
  const { turn, key } = await beginProject(db, 'small');
  const keys = [key, await anotherRun(turn, 2), await anotherRun(turn, 3)];
  for (const one of keys) await updateRun(db, one, { costUsd: 0.000_000_4 });
  expect(await spent(turn)).toEqual(Array(4).fill(0.000_001));
  // In floating point these are 0.30000000000000004 and 0.9999999999999999.
  for (const [n, costUsd] of [0.1, 0.2, 0.7].entries()) await updateRun(db, keys[n]!, { costUsd });
  expect(await spent(turn)).toEqual(Array(4).fill(1));
  expect(overLine(await accountsOf(db, limited('small'), turn)).map(({ level }) => level)).toEqual(['turn']);
});

test('runs of earlier runs of the milestone count for all but the turn; another project for none', async () => {
  const { turn, key } = await beginProject(db, 'again');
  await updateRun(db, key, { costUsd: 0.5 });
  await updateRun(db, (await beginProject(db, 'other')).key, { costUsd: 9 });
  await sql`update workspace_lease set epoch = epoch + 1, holder = 'next' where project = 'again'`.execute(db);
  const next = await beginTurn(db, { ...turn, epoch: turn.epoch + 1 });
  await updateRun(db, next.key, { costUsd: 0.25 });
  expect(await spent(next.turn)).toEqual([0.25, 0.75, 0.75, 0.75]);
});

test('two workers that book at once lose nothing', async () => {
  const { turn, key } = await beginProject(db, 'both');
  const keys = [key, ...(await Promise.all([2, 3, 4, 5, 6, 7, 8].map((seq) => anotherRun(turn, seq))))];
  for (const costUsd of [0.01, 0.02, 0.03]) await Promise.all(keys.map((one) => updateRun(db, one, { costUsd })));
  expect(await spent(turn)).toEqual(Array(4).fill(0.24));
});

test('what people grant raises each limit by its own; the project as a whole too, as `status` shows it', async () => {
  const { turn, key } = await beginProject(db, 'granted');
  await savePlan(db, { project: 'granted', sha256: SHA, plan: planOf('granted'), source: '' });
  await sql`update plan set plan = plan || ${JSON.stringify({ budget: BUDGET })}::jsonb where project = 'granted'`.execute(db);
  await updateRun(db, key, { costUsd: 1.5 });
  const usd = { what: 'usd', task: null, by: 'ann' } as const;
  await noteRaised(db, { project: 'granted', runId: 'r' }, [{ ...usd, level: 'project', amount: 0.1 }, { ...usd, level: 'project', amount: 0.2 }], { key: 'p', at: '2026-11-01T10:00:00Z' });
  await noteRaised(db, { project: 'granted', milestone: 'slugs', runId: 'r' }, [{ ...usd, level: 'milestone', amount: 2 }], { key: 'm', at: '2026-11-01T10:00:00Z' });
  await noteRaised(db, { project: 'granted', milestone: 'elsewhere', runId: 'r' }, [{ ...usd, level: 'milestone', amount: 7 }], { key: 'e', at: '2026-11-01T10:00:00Z' });
  expect((await accountsOf(db, limited('granted'), turn)).map(({ level, limitUsd }) => [level, limitUsd])).toEqual([['turn', 1], ['task', 2], ['milestone', 5], ['project', 4.3]]);
  const { projects: [shown] } = await readStatus(db, 'granted');
  expect(shown?.budgets.map(({ level, spentUsd, limitUsd }) => [level, spentUsd, limitUsd])).toEqual([['project', 1.5, 4.3], ['milestone', 1.5, 5], ['task', 1.5, 2]]);
  await removeProject(db, 'granted');
  expect(await db.selectFrom('task_cost').select('usd').where('project', '=', 'granted').execute()).toEqual([]);
});
