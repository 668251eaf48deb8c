/** Runs on a host over real OpenSSH, asked for as the worker asks for them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HostApi, RunSpec, StartRun } from '../src/domain/host-api.ts';
import { defaultHostsOptions } from '../src/ssh/default-options.ts';
import { createHosts } from '../src/ssh/hosts.ts';
import { startHost, type BenchHost } from './b1/host.ts';
import { buildBundles } from './bundles.ts';

export interface RunHost {
  host: BenchHost;
  api: HostApi;
  /** What is started under a key that was never used. */
  run: (script: string) => StartRun;
  close: () => Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');

const specOf = (script: string, cwd: string): RunSpec => ({
  command: '/bin/sh', args: ['-c', script], cwd, env: {}, inherit: ['PATH'], stdin: '', files: [], gate: null,
  limits: { wallMs: 60_000, outBytes: 1_000_000, graceMs: 0 },
});

/** An open link to a program that holds the lease of a workspace. */
export async function openRunHost(dir: string, path: string): Promise<RunHost> {
  await buildBundles();
  const host = await startHost(dir, path);
  const options = defaultHostsOptions({ bundlePath: join(ROOT, 'build/host.mjs'), sshConfigFile: host.configFile, stateDir: join(dir, 'state'), env: { PATH: path } });
  const hosts = createHosts(options);
  const lease = { workspace: join(dir, 'workspace'), holder: 'bench', fence: 1 };
  mkdirSync(lease.workspace);
  const close = async (): Promise<void> => {
    await hosts.close();
    await host.close();
  };
  try {
    const { api } = await hosts.link(host.alias);
    await api.claimWorkspace(lease);
    let n = 0;
    return { host, api, close, run: (script) => ({ ...lease, key: `bench.${(n += 1)}`, secrets: {}, spec: specOf(script, lease.workspace) }) };
  } catch (error) {
    await close();
    throw error;
  }
}

export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return performance.now() - before;
};
