/** One connection for all turns of a host, before and after a cut, and no herd at the door of a host that is away. */
import { expect, test } from '@jest/globals';
import { onHost, type HostCall } from '../../src/activities/on-host.ts';
import type { Hosts } from '../../src/ssh/hosts.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithSshd } from '../support/sshd.ts';
import { client, failure, proxied, server } from './parts.ts';

const TURNS = 20;

const target = (hosts: Hosts, patienceMs: number): HostCall => ({ hosts, host: 'proxied', patienceMs, signal: new AbortController().signal });

/** A long poll, as a turn that follows its run does it: answered at once or failed with the link. */
const askAll = (hosts: Hosts, patienceMs = 60_000): Promise<unknown[]> =>
  Promise.all(Array.from({ length: TURNS }, (_, n) => onHost(target(hosts, patienceMs), (api) => api.runState({ key: `turn.${n}` }))));

describeWithSshd('twenty turns on one host', () => {
  test('share one connection, and after a cut one new one', async () => {
    const sshd = await server();
    const proxy = await proxied(sshd);
    const hosts = client(sshd.configFile);
    await askAll(hosts);
    expect([proxy.accepted(), sshd.connections()]).toEqual([1, 1]);
    const link = await hosts.link('proxied');
    proxy.reset();
    await link.closed;
    await askAll(hosts);
    expect([proxy.accepted(), sshd.connections()]).toEqual([2, 2]);
  });

  test('wait together for a host that is away, longer each time', async () => {
    const sshd = await server();
    const proxy = await proxied(sshd);
    const hosts = client(sshd.configFile);
    await askAll(hosts);
    proxy.greet('refuse');
    proxy.reset();
    const asked = askAll(hosts);
    await eventually(() => proxy.accepted() >= 5, { timeoutMs: 30_000, everyMs: 5, what: 'four attempts' });
    proxy.greet('pass');
    await asked;
    const [, ...attempts] = proxy.acceptedAt();
    const gaps = attempts.slice(1).map((at, n) => at - (attempts[n] ?? 0));
    // At least half of 250 ms, doubled each time.
    expect(gaps.filter((gap, n) => gap < 125 * 2 ** n)).toEqual([]);
    expect(attempts.length).toBeLessThanOrEqual(6);
  });

  test('give up together when the policy has no more patience, though an attempt is still under way', async () => {
    const sshd = await server();
    const proxy = await proxied(sshd);
    const hosts = client(sshd.configFile);
    await askAll(hosts);
    proxy.greet('swallow');
    proxy.reset();
    const error = await failure(askAll(hosts, 1_000));
    expect(error).toMatchObject({ kind: 'host_unreachable', message: expect.stringContaining('proxied') as unknown });
  });
});
