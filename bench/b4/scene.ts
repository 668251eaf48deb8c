/** What both arms share: an OpenSSH host behind a proxy that can fall silent, and a run there that writes a hundred lines a second. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkProxy } from '../../src/drill/link-proxy.ts';
import { runDirectory } from '../../src/host/run/run-files.ts';
import { defaultHostsOptions } from '../../src/ssh/default-options.ts';
import { createHosts, type Hosts } from '../../src/ssh/hosts.ts';
import { startProxiedHost } from '../proxied-host.ts';

export const ALIAS = 'silent-host';
export const RUN_KEY = 'bench.b4.m.1.t.1.1';

export interface Trial {
  seenMs: number;
  caughtUpMs: number;
}

export interface Scene {
  configFile: string;
  path: string;
  hosts: Hosts;
  proxy: LinkProxy;
  /** The file that the run writes. */
  out: string;
  outBytes(): number;
  close(): Promise<void>;
}

export interface SceneOptions {
  dir: string;
  path: string;
  intervalSeconds: number;
  countMax: number;
}

/** `close` ends the run too. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const { dir, path } = options;
  mkdirSync(join(dir, 'workspace'), { recursive: true });
  const host = await startProxiedHost({ ...options, alias: ALIAS });
  const { proxy, configFile } = host;
  const stateDir = join(dir, 'state');
  const bundlePath = join(import.meta.dirname, '../../build/host.mjs');
  const hosts = createHosts(defaultHostsOptions({ bundlePath, sshConfigFile: configFile, stateDir, env: {} }));
  const out = join(runDirectory(stateDir, RUN_KEY), 'out');
  const close = async (): Promise<void> => {
    try {
      await (await hosts.link(ALIAS)).api.cancelRun({ key: RUN_KEY, graceMs: 0 });
    } finally {
      await hosts.close();
      await host.close();
    }
  };
  await startWriter(hosts, join(dir, 'workspace')).catch(async (error: unknown) => {
    await close().catch(() => undefined);
    throw error;
  });
  return { configFile, path, hosts, proxy, out, outBytes: () => statSync(out).size, close };
}

const LOOP = 'n=0; while :; do n=$((n + 1)); echo "line $n"; sleep 0.01; done';

async function startWriter(hosts: Hosts, workspace: string): Promise<void> {
  const { api } = await hosts.link(ALIAS);
  await api.startRun({
    key: RUN_KEY, workspace, holder: 'bench', fence: 1, secrets: {},
    spec: {
      command: '/bin/sh', args: ['-c', LOOP], cwd: workspace, env: {}, inherit: ['PATH'], stdin: '', files: [], gate: null,
      limits: { wallMs: 3_600_000, outBytes: 1_000_000_000, graceMs: 1_000 },
    },
  });
  while ((await api.readRun({ key: RUN_KEY, stream: 'out', offset: 0, maxBytes: 1, waitMs: 1_000 })).size === 0) await sleep(20);
}
