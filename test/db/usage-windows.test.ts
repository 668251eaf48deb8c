import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Db } from '../../src/db/transaction.ts';
import { noteUsage, usageWindows } from '../../src/db/usage-windows.ts';
import { openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const at = (minute: number): string => `2026-06-01T12:0${minute}:00.000Z`;
const window = (name: string, utilization: number) => ({ name, utilization, status: 'allowed', resetsAt: at(9) });
const of = (account: string) => ({ host: 'local', account });

test('the last word about each window of an account stays, whatever comes late', async () => {
  await noteUsage(db, of('a'), [window('five_hour', 0.1), window('seven_day', 0.2)], at(1));
  await noteUsage(db, of('a'), [window('five_hour', 0.3)], at(3));
  await noteUsage(db, of('a'), [window('five_hour', 0.2)], at(2));
  await noteUsage(db, of('b'), [window('five_hour', 0.9)], at(1));
  await noteUsage(db, of('b'), [], at(4));
  const found = await usageWindows(db, { hosts: ['local', 'other'], account: 'a' });
  expect(found).toEqual([
    { host: 'local', account: 'a', ...window('five_hour', 0.3), seenAt: at(3) }, { host: 'local', account: 'a', ...window('seven_day', 0.2), seenAt: at(1) },
  ]);
  expect((await usageWindows(db, { hosts: ['local'] })).map(({ account }) => account)).toEqual(['a', 'a', 'b']);
  expect(await usageWindows(db, { hosts: ['other'] })).toEqual([]);
});
