import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { claimLease, leaseHolder, releaseLease } from '../../src/db/leases.ts';
import type { LeaseClaim } from '../../src/db/leases.ts';
import type { Db } from '../../src/db/transaction.ts';
import { insertCheckpoint } from '../../src/db/checkpoints.ts';
import { beginProject, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
let workspace: string;

beforeAll(async () => {
  ({ db, close } = await openTestDb(10));
});
beforeEach(() => {
  workspace = `/srv/${randomUUID()}`;
});
afterAll(() => close());

const claimOf = (milestone: string, holder = `run-${milestone}`): LeaseClaim => ({ host: 'vm', workspace, project: 'p', milestone, holder });

test('the same holder gets the same number, the next one a higher one', async () => {
  expect(await claimLease(db, claimOf('a'))).toEqual({ epoch: 1 });
  expect(await claimLease(db, claimOf('a'))).toEqual({ epoch: 1 });
  await releaseLease(db, { host: 'vm', workspace, epoch: 1 });
  expect(await leaseHolder(db, { host: 'vm', workspace })).toBeNull();
  expect(await claimLease(db, claimOf('b'))).toEqual({ epoch: 2 });
  expect(await leaseHolder(db, { host: 'vm', workspace })).toMatchObject({ holder: 'run-b', project: 'p', milestone: 'b', epoch: 2 });
});

test('another milestone is refused and told who holds it', async () => {
  await claimLease(db, claimOf('a'));
  const refused = claimLease(db, claimOf('b'));
  await expect(refused).rejects.toMatchObject({ kind: 'workspace_leased', details: { lease: { project: 'p', milestone: 'a', epoch: 1 } } });
  await expect(refused).rejects.toThrow(/in use by milestone p\/a since 2\d{3}-/);
});

test('a new run of the same milestone takes over with a higher number; the old one cannot release it', async () => {
  await claimLease(db, claimOf('a', 'run-1'));
  expect(await claimLease(db, claimOf('a', 'run-2'))).toEqual({ epoch: 2 });
  await releaseLease(db, { host: 'vm', workspace, epoch: 1 });
  expect((await leaseHolder(db, { host: 'vm', workspace }))?.holder).toBe('run-2');
});

test('a release may be repeated, also after somebody else has taken the lease', async () => {
  await claimLease(db, claimOf('a'));
  await releaseLease(db, { host: 'vm', workspace, epoch: 1 });
  await claimLease(db, claimOf('b'));
  await releaseLease(db, { host: 'vm', workspace, epoch: 1 });
  expect((await leaseHolder(db, { host: 'vm', workspace }))?.milestone).toBe('b');
});

test('of many that claim at once exactly one wins', async () => {
  const claims = Array.from({ length: 8 }, (_, n) => claimLease(db, claimOf(`m${n}`)));
  const settled = await Promise.allSettled(claims);
  expect(settled.filter((one) => one.status === 'fulfilled').map((one) => one.value)).toEqual([{ epoch: 1 }]);
  expect(settled.filter((one) => one.status === 'rejected')).toHaveLength(7);
  for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ kind: 'workspace_leased' });
});

test('two workspaces, and two hosts, do not disturb each other', async () => {
  await claimLease(db, claimOf('a'));
  expect(await claimLease(db, { ...claimOf('b'), host: 'other' })).toEqual({ epoch: 1 });
});

test('the number goes above what the host has seen, also for who holds the lease already, and never down', async () => {
  await claimLease(db, claimOf('a'));
  expect(await claimLease(db, { ...claimOf('a'), above: 41 })).toEqual({ epoch: 42 });
  expect(await claimLease(db, { ...claimOf('a'), above: 7 })).toEqual({ epoch: 42 });
  expect(await claimLease(db, claimOf('a'))).toEqual({ epoch: 42 });
  await releaseLease(db, { host: 'vm', workspace, epoch: 42 });
  expect(await claimLease(db, { ...claimOf('b'), above: 3 })).toEqual({ epoch: 43 });
  expect(await claimLease(db, { ...claimOf('c'), workspace: `${workspace}/other`, above: 8 })).toEqual({ epoch: 9 });
});

test('a milestone that moves to another workspace gets a number it never had: its old rows are not mistaken for new ones', async () => {
  const { turn } = await beginProject(db, 'moves');
  await insertCheckpoint(db, { kind: 'baseline', project: 'moves', milestone: 'slugs', epoch: turn.epoch }, { tree: 't', sidecar: 's', files: 0, bytes: 0, notCovered: [] });
  expect(await claimLease(db, { host: 'vm', workspace, project: 'moves', milestone: 'slugs', holder: 'later' })).toEqual({ epoch: turn.epoch + 1 });
});

test('what a failed claim has left is freed, but not when a newer attempt of the claim got it', async () => {
  const [first, second] = ['2026-11-01T10:00:00.000Z', '2026-11-01T10:00:09.000Z'];
  await claimLease(db, { ...claimOf('a'), attemptAt: first });
  await claimLease(db, { ...claimOf('a'), attemptAt: second });
  await releaseLease(db, { host: 'vm', workspace, holder: 'run-a', attemptAt: first });
  expect(await leaseHolder(db, { host: 'vm', workspace })).not.toBeNull();
  await releaseLease(db, { host: 'vm', workspace, holder: 'run-a', attemptAt: second });
  expect(await leaseHolder(db, { host: 'vm', workspace })).toBeNull();
});
