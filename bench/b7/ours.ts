/** The host program of this machine, asked over its own protocol as a worker asks it. */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostApi } from '../../src/domain/host-api.ts';
import { defaultHostsOptions } from '../../src/ssh/default-options.ts';
import { createHosts } from '../../src/ssh/hosts.ts';
import { buildBundles } from '../bundles.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Ours {
  /** `root`: whose store and whose memory of the files are used. */
  snapshot: (root?: string) => Promise<void>;
  /** Another workspace whose store is empty. */
  newRoot: () => Promise<string>;
  /** The most memory it has held, and what it holds, in MB. */
  memory: () => Promise<{ peak: number; now: number }>;
  close: () => Promise<void>;
}

async function memoryOf(api: HostApi): Promise<{ peak: number; now: number }> {
  const { pid } = await api.hello({});
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { peak: megabytes('VmHWM'), now: megabytes('VmRSS') };
}

export async function openOurs(dir: string, path: string, workspace: string): Promise<Ours> {
  await buildBundles();
  const hosts = createHosts(defaultHostsOptions({ bundlePath: join(ROOT, 'build/host.mjs'), sshConfigFile: null, stateDir: join(dir, 'state'), env: { PATH: path, HOME: dir } }));
  const { api } = await hosts.link('local');
  const request = { workspace, holder: 'bench', fence: 1, exclude: [], maxFileBytes: 1e9 };
  let roots = 0;
  return {
    snapshot: async (root) => void (await api.takeCheckpoint({ ...request, ...(root !== undefined && { root }) })),
    newRoot: async () => {
      const root = join(dir, `root-${(roots += 1)}`);
      await mkdir(root);
      return root;
    },
    memory: () => memoryOf(api),
    close: () => hosts.close(),
  };
}
