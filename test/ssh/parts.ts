/** Servers and clients of one test, ended with it: the freshly built host program, and a patience that no busy machine exhausts. */
import { afterEach } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { HoldpointError } from '../../src/domain/failure-kind.ts';
import { createHosts } from '../../src/ssh/hosts.ts';
import type { Hosts, HostsOptions } from '../../src/ssh/hosts.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import type { FaultyProxy } from '../support/faulty-proxy.ts';
import { startSshd } from '../support/sshd.ts';
import type { SshdOptions, TestSshd } from '../support/sshd.ts';

const ends: (() => Promise<void>)[] = [];

/** Runs at the end of the test, last come first served. */
export const atEnd = (end: () => Promise<void>): void => void ends.push(end);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

export async function server(options: SshdOptions = {}): Promise<TestSshd> {
  const sshd = await startSshd(options);
  atEnd(sshd.close);
  return sshd;
}

export const bundlePath = join(import.meta.dirname, '../../build/host.mjs');

/** For tests that wait until a silent link is given up. */
export const BRISK = { intervalMs: 1_000, countMax: 3 };

export function client(sshConfigFile: string | null, more: Partial<HostsOptions> = {}): Hosts {
  const hosts = createHosts({
    bundlePath,
    nodeBinary: process.execPath,
    sshConfigFile,
    sshAgentSocket: null,
    stateDir: null,
    keepalive: { intervalMs: 20_000, countMax: 3 },
    connectTimeoutMs: 60_000,
    callTimeoutMs: 60_000,
    ...more,
  });
  atEnd(() => hosts.close());
  return hosts;
}

/** The alias `proxied` leads to the server through a proxy that can fail. */
export async function proxied(sshd: TestSshd): Promise<FaultyProxy> {
  const proxy = await startFaultyProxy(sshd.port);
  atEnd(proxy.close);
  await sshd.addAlias('proxied', { Port: String(proxy.port), HostKeyAlias: `[127.0.0.1]:${sshd.port}` });
  return proxy;
}

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** Runs one of OpenSSH's own programs to its end. Not in one step: this process reads the server's log meanwhile. */
export async function openssh(program: 'ssh' | 'sftp', args: string[], input = ''): Promise<Ran> {
  const child = spawn(program, args, { stdio: 'pipe', timeout: 60_000 });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  return { code, out, err };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The error of a promise that must fail. */
export async function failure(work: Promise<unknown>): Promise<HoldpointError> {
  return work.then(
    value => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (error: HoldpointError) => error,
  );
}
