import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { changesOfTurn, diffRows } from '../../src/db/diff.ts';
import type { DiffRow } from '../../src/db/diff.ts';
import { insertChanges } from '../../src/db/file-changes.ts';
import { netChanges } from '../../src/db/net-changes.ts';
import type { Db } from '../../src/db/transaction.ts';
import { finishTurn } from '../../src/db/turns.ts';
import type { Change } from '../../src/domain/host-api.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { changeOf } from './changes.ts';
import { beginProject, beginTurn, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const added = (path: string, sha = 'new'): Change => changeOf(path, { op: 'add', shaBefore: null, shaAfter: sha, sizeBefore: 0 });
const deleted = (path: string, sha = 'two'): Change => changeOf(path, { op: 'delete', shaBefore: sha, shaAfter: null, sizeAfter: 0 });
const other = (change: Change): DiffRow => ({ ...change, by: { kind: 'other' } });

const finalChanges = (turn: TurnRef, changes: Change[]) =>
  insertChanges(db, { turn, treeFrom: `tree-${turn.turn - 1}`, treeTo: `tree-${turn.turn}`, observedBy: 'checkpoint', final: true, changes });

test('a turn shows its own changes, a task what is left of all its turns', async () => {
  const { turn } = await beginProject(db, 'diff');
  const second = { ...turn, turn: 2 };
  await finalChanges(turn, [changeOf('a'), added('came-and-went'), added('b')]);
  await finishTurn(db, turn, { treeAfter: 'tree-1' });
  await beginTurn(db, second);
  await finalChanges(second, [changeOf('a', { shaBefore: 'two', shaAfter: 'three', sizeBefore: 20, sizeAfter: 30 }), deleted('came-and-went', 'new')]);

  const target = { project: 'diff', milestone: 'slugs', task: 'ascii' };
  expect(await diffRows(db, { ...target, turn: 1 })).toEqual({
    from: 'tree-0', to: 'tree-1', changes: [changeOf('a'), added('b'), added('came-and-went')].map(other),
  });
  const whole = { from: 'tree-0', to: 'tree-1', changes: [other(changeOf('a', { shaAfter: 'three', sizeAfter: 30, added: 2, removed: 2 })), other(added('b'))] };
  expect(await diffRows(db, target)).toEqual(whole);
  await finishTurn(db, second, { treeAfter: 'tree-2' });
  expect(await diffRows(db, { project: 'diff' })).toEqual({ ...whole, to: 'tree-2' });
  expect(await changesOfTurn(db, second)).toHaveLength(2);
  expect(await diffRows(db, { project: 'diff', milestone: 'slugs', task: 'unicode' })).toEqual({ from: null, to: null, changes: [] });
  expect(await changesOfTurn(db, { ...turn, turn: 7 })).toEqual([]);
});

test('what one turn does and the next undoes is no change', () => {
  const back = (first: Change, second: Change) => netChanges([other(first), other(second)]).map(({ path, op }) => `${op} ${path}`);
  expect(back(added('x'), deleted('x', 'new'))).toEqual([]);
  expect(back(changeOf('x'), changeOf('x', { shaBefore: 'two', shaAfter: 'one' }))).toEqual([]);
  expect(back(deleted('x', 'one'), added('x', 'one'))).toEqual([]);
  expect(back(deleted('x', 'one'), added('x', 'else'))).toEqual(['modify x']);
  expect(back(added('x'), changeOf('x'))).toEqual(['add x']);
  expect(back(changeOf('x'), deleted('x'))).toEqual(['delete x']);
  expect(back(changeOf('x', { op: 'mode', shaAfter: 'one' }), changeOf('x', { op: 'mode', shaBefore: 'one', shaAfter: 'one' }))).toEqual(['mode x']);
  expect(back(changeOf('x'), changeOf('x', { op: 'type', shaAfter: 'link' }))).toEqual(['type x']);
  const rename = changeOf('new', { op: 'rename', from: 'old' });
  expect(back(rename, changeOf('z'))).toEqual(['add new', 'delete old', 'modify z']);
  expect(back(rename, added('old', 'one'))).toEqual(['add new']);
});

test('lines of a binary file stay unknown', () => {
  const binary = changeOf('x', { added: null, removed: null });
  expect(netChanges([other(binary), other(changeOf('x', { shaAfter: 'three' }))])).toMatchObject([{ added: null, removed: null }]);
});
