/** Seats of a host: never more than there are, and a fair line. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { leaveSeat, takeSeat, type SeatAnswer } from '../../src/db/seats.ts';
import type { Db } from '../../src/db/transaction.ts';
import { openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb(10));
});
afterAll(() => close());

const ask = (host: string, name: string, seats = 1): Promise<SeatAnswer> => {
  const [project = '', milestone = ''] = name.split('/');
  return takeSeat(db, { host, project: `${host}-${project}`, milestone, seats });
};

const leave = (host: string, name: string): Promise<void> => {
  const [project = '', milestone = ''] = name.split('/');
  return leaveSeat(db, { project: `${host}-${project}`, milestone });
};

/** Everybody asks again and again, in an order that says nothing; each that gets the seat gives it back. Gives who got it in turn. */
async function serve(host: string, waiting: string[]): Promise<string[]> {
  const served: string[] = [];
  for (const name of waiting) await ask(host, name, 0);
  while (served.length < waiting.length) {
    for (const name of [...waiting].reverse().filter((one) => !served.includes(one))) {
      if ((await ask(host, name)).kind === 'full') continue;
      served.push(name);
      await leave(host, name);
      break;
    }
  }
  return served;
}

test('projects take turns at one seat, however much one of them wants, and each keeps its own order', async () => {
  expect(await serve('one', ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1'])).toEqual(['a/1', 'b/1', 'c/1', 'a/2', 'b/2', 'a/3']);
});

test('of two free seats none goes to a project twice while another has none', async () => {
  for (const name of ['a/1', 'a/2', 'b/1']) await ask('two', name, 0);
  expect(await ask('two', 'a/2', 2)).toMatchObject({ kind: 'full', ahead: 2 });
  expect(await ask('two', 'b/1', 2)).toEqual({ kind: 'taken' });
  expect(await ask('two', 'a/2', 2)).toMatchObject({ kind: 'full', ahead: 1, holders: [{ project: 'two-b', milestone: '1' }] });
  expect(await ask('two', 'a/1', 2)).toEqual({ kind: 'taken' });
});

test('of many that ask at once no more get a seat than there are; asking again keeps it', async () => {
  const names = Array.from({ length: 10 }, (_, n) => `p${n}/m`);
  const answers = await Promise.all(names.map((name) => ask('many', name, 3)));
  expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(3);
  const again = await Promise.all(names.map((name) => ask('many', name, 3)));
  expect(again).toEqual(answers.map((answer) => (answer.kind === 'taken' ? answer : expect.objectContaining({ kind: 'full' }))));
});

test('who has stopped asking stands in nobody\'s way', async () => {
  await ask('gone', 'a/1', 0);
  await db.updateTable('host_seat').set({ seen_at: new Date(Date.now() - 60_000) }).where('project', '=', 'gone-a').execute();
  expect(await ask('gone', 'b/1')).toEqual({ kind: 'taken' });
});

test('a milestone that goes to another host gives up its seat on the first', async () => {
  expect(await ask('here', 'a/1')).toEqual({ kind: 'taken' });
  expect(await takeSeat(db, { host: 'there', project: 'here-a', milestone: '1', seats: 1 })).toEqual({ kind: 'taken' });
  expect(await ask('here', 'b/1')).toEqual({ kind: 'taken' });
});
