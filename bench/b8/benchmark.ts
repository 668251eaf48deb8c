/** B8: 150 differences taken back, by the host program and by git, in the same files by turns. Both know the tree to go back to. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HostApi } from '../../src/domain/host-api.ts';
import { defaultHostsOptions } from '../../src/ssh/default-options.ts';
import { createHosts } from '../../src/ssh/hosts.ts';
import type { Benchmark, Context, Round, Samples, Series } from '../benchmark.ts';
import { buildBundles } from '../bundles.ts';
import { timed } from '../host-runs.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';
import { differ, DIFFERENCES, fill } from './files.ts';

const ROOT = join(import.meta.dirname, '../..');
const FULL = { rounds: 10, sizes: { '10k': 10_000, '100k': 100_000 } };
const SMOKE = { rounds: 1, sizes: { '10k': 200, '100k': 300 } };
const SETTINGS = { exclude: [], maxFileBytes: 100_000_000 };

/** One restore: the step itself, and it with what is done before and after. */
interface Took {
  restore: number;
  whole: number;
}

/** Each makes the differences first. */
interface Scene {
  ours: () => Promise<Took>;
  git: () => Promise<Took>;
}

/** With a repository of its own beside the files. Before: the index is made to know the files as they are, as a checkpoint does. */
async function byGit(dir: string, workspace: string, path: string): Promise<() => Promise<Took>> {
  const env = { PATH: path, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: join(dir, 'anchor.git'), GIT_WORK_TREE: workspace };
  const git = async (...args: string[]): Promise<string> => execFileSync('git', args, { env, cwd: workspace, maxBuffer: 1 << 28 }).toString().trim();
  await git('init', '-q');
  await git('add', '-A', '-f');
  const wanted = await git('write-tree');
  return async () => {
    const before = await timed(() => git('add', '-A', '-f'));
    const restore = await timed(() => git('read-tree', '-u', '--reset', wanted));
    const after = await timed(async () => {
      if ((await git('add', '-A', '-f').then(() => git('write-tree'))) !== wanted) throw new Error('git did not restore the tree');
    });
    return { restore, whole: before + restore + after };
  };
}

async function byHost(api: HostApi, workspace: string, differences: number): Promise<() => Promise<Took>> {
  const lease = { workspace, holder: 'bench', fence: 1 };
  await api.claimWorkspace(lease);
  const { tree, sidecar } = await api.takeCheckpoint({ ...lease, ...SETTINGS });
  return async () => {
    let restore = 0;
    const whole = await timed(async () => {
      await api.takeCheckpoint({ ...lease, ...SETTINGS });
      const result = await api.restoreTree({ ...lease, ...SETTINGS, tree, sidecar, paths: null, dryRun: false });
      if (!result.exact || result.changes.length !== differences) throw new Error(`${result.changes.length} of ${differences} differences, exact: ${result.exact}`);
      restore = result.took.restoreMs;
    });
    return { restore, whole };
  };
}

async function sceneOf({ dir, path }: Context, api: HostApi, name: string, files: number): Promise<Scene> {
  const workspace = join(dir, name, 'workspace');
  mkdirSync(workspace, { recursive: true });
  fill(workspace, files);
  const [git, host] = [await byGit(join(dir, name), workspace, path), await byHost(api, workspace, DIFFERENCES)];
  const after = (work: () => Promise<Took>) => (): Promise<Took> => {
    differ(workspace, files);
    return work();
  };
  return { ours: after(host), git: after(git) };
}

const KINDS = ['restore', 'whole'] as const;

async function measure({ log }: Context, scene: Scene, name: string, rounds: number): Promise<Record<string, Round[]>> {
  const all = Object.fromEntries(KINDS.map((kind) => [kind, [] as Round[]]));
  const took: { ours: Took[]; anchor: Took[] } = { ours: [], anchor: [] };
  const arms = {
    ours: async () => [took.ours[took.ours.push(await scene.ours()) - 1]?.restore ?? 0],
    anchor: async () => [took.anchor[took.anchor.push(await scene.git()) - 1]?.restore ?? 0],
  };
  await takeRounds(1, arms, () => took.ours.splice(0) && took.anchor.splice(0));
  await takeRounds(rounds, arms, (round, n) => log(`B8 ${name}, round ${n}: ${median(round.ours).toFixed(1)} ms, git ${median(round.anchor).toFixed(1)} ms`));
  for (const kind of KINDS) all[kind] = took.ours.map((ours, n) => ({ ours: [ours[kind]], anchor: [took.anchor[n]?.[kind] ?? 0] }));
  return { [`B8-${name}`]: all.restore ?? [], [`B8-${name}-whole`]: all.whole ?? [] };
}

async function run(context: Context): Promise<Samples> {
  const { rounds, sizes } = context.smoke ? SMOKE : FULL;
  await buildBundles();
  const hosts = createHosts(defaultHostsOptions({ bundlePath: join(ROOT, 'build/host.mjs'), sshConfigFile: null, stateDir: join(context.dir, 'state'), env: { PATH: context.path, HOME: context.dir } }));
  const found: Record<string, Round[]> = {};
  try {
    const { api } = await hosts.link('local');
    for (const [name, files] of Object.entries(sizes)) Object.assign(found, await measure(context, await sceneOf(context, api, name, files), name, rounds));
    return { kind: 'measured', rounds: found };
  } finally {
    await hosts.close();
  }
}

const seriesOf = (name: string, files: string): Series[] => [
  {
    key: `B8-${name}`, what: `restore of 150 differences among ${files} files, exact`, unit: 'ms', anchor: 'git read-tree -u --reset',
    conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.5 }],
  },
  {
    key: `B8-${name}-whole`, what: 'the same with the checkpoint before and the look at the files after', unit: 'ms', anchor: 'git add, read-tree, add and write-tree',
    conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.5 }],
  },
];

export const b8: Benchmark = { id: 'B8', series: [...seriesOf('10k', '10,000'), ...seriesOf('100k', '100,000')], run };
