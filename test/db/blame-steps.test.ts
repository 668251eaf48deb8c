import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { blameSteps } from '../../src/db/blame-steps.ts';
import { insertChanges } from '../../src/db/file-changes.ts';
import type { Db } from '../../src/db/transaction.ts';
import { finishTurn } from '../../src/db/turns.ts';
import { changeOf } from './changes.ts';
import { beginProject, beginTurn, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const told = async (project: string): Promise<string[]> =>
  (await blameSteps(db, project)).map((step) => `${step.tree} ${step.kind === 'turn' ? step.turn.turn : step.kind}`);

test('goes over what was seen on the way, and tells what nobody of ours did between two turns', async () => {
  const { turn } = await beginProject(db, 'blame');
  const seen = (treeFrom: string, treeTo: string) => insertChanges(db, { turn, treeFrom, treeTo, observedBy: 'scan', final: false, changes: [changeOf('a')] });
  await seen('tree-0', 'x');
  await seen('x', 'y');
  await seen('lost', 'z');
  await finishTurn(db, turn, { treeAfter: 'tree-1' });
  await beginTurn(db, { ...turn, turn: 2 });
  await finishTurn(db, { ...turn, turn: 2 }, { treeAfter: 'end' });
  await beginTurn(db, { ...turn, turn: 3 });
  expect(await told('blame')).toEqual(['tree-0 before', 'x 1', 'y 1', 'tree-1 1', 'end 2', 'tree-2 between']);
});

test("leaves out a fork's turns: its files are others", async () => {
  await beginProject(db, 'forked');
  expect(await told('forked')).toEqual(['tree-0 before']);
  await db.updateTable('milestone').set({ fork_of: JSON.stringify({ milestone: 'm', epoch: 1, task: 't', turn: 1 }) }).where('project', '=', 'forked').execute();
  expect(await told('forked')).toEqual([]);
});
