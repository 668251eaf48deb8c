/** Work in worktrees for tests on real parts: a repository, each step of it, and a connection that is lost at any call. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities, MergeCall, OpenWorktree } from '../../src/activities/contract.ts';
import { createActivities } from '../../src/activities/index.ts';
import type { HostApi, HostMethod } from '../../src/domain/host-api.ts';
import type { Bench, ProjectOptions } from './bench.ts';
import { inContext, type Play } from './play.ts';

export const git = (folder: string, ...args: string[]): string => execFileSync('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8' }).trim();

export const LINES = ['one', 'two', 'three', 'four', 'five', ''].join('\n');

/** A repository whose plan has the isolated tasks `work` and `other`; uncommitted files are part of it. */
async function repository(bench: Bench, name: string, { change, ...options }: ProjectOptions = {}): Promise<Play> {
  const play = await bench.project(name, {
    ...options, files: { 'a.txt': LINES, ...options.files },
    change: (plan) => {
      plan.isolation = { link: ['**/node_modules'] };
      plan.policy.snapshot.exclude = ['**/node_modules/**'];
      const [milestone] = plan.milestones;
      const [work] = milestone?.tasks ?? [];
      if (milestone && work) milestone.tasks = [{ ...work, isolation: 'worktree' }, { ...work, id: 'other', isolation: 'worktree' }];
      change?.(plan);
    },
  });
  git(play.workspace, 'init', '-q', '-b', 'main');
  git(play.workspace, 'add', '-A');
  git(play.workspace, 'commit', '-qm', 'first');
  writeFileSync(join(play.workspace, 'new.txt'), 'not committed');
  mkdirSync(join(play.workspace, 'node_modules/x'), { recursive: true });
  writeFileSync(join(play.workspace, 'node_modules/x/index.js'), 'x');
  return play.claim();
}

export const callOf = (play: Play, task: string | null, more: Partial<OpenWorktree> = {}): MergeCall & OpenWorktree =>
  ({ ...play.ref, task, rootEpoch: play.epoch, epoch: play.epoch, workflowRunId: 'first-run', turn: { task: task ?? 'work', turn: 1 }, ...more });

type Step = 'openWorktree' | 'mergeWorktree' | 'checkMerged' | 'undoMerge' | 'finishMerge' | 'closeWorktree' | 'keepWorktrees';

const take = <N extends Step>(activities: Activities, name: N, call: MergeCall & OpenWorktree): ReturnType<Activities[N]> =>
  inContext(activities, name, { goesOn: true, ...call });

export const put = (folder: string, path: string, text: string): void => writeFileSync(join(folder, path), text);
export const read = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8');

/** Activities whose connection is lost at the `n`-th call to the host: before it arrives, or before its answer does. */
export function cutAt(bench: Bench, n: number, when: 'before' | 'after'): { activities: Activities; wasCut: () => boolean } {
  let calls = 0;
  const method = (api: HostApi, name: HostMethod) => async (p: object): Promise<unknown> => {
    const isCut = (calls += 1) === n;
    const cut = (): never => {
      throw new Error('cut');
    };
    if (isCut && when === 'before') cut();
    const answer = await (api[name] as (given: object) => Promise<unknown>)(p);
    return isCut ? cut() : answer;
  };
  const { hosts } = bench.deps;
  const link: typeof hosts.link = async (host) => {
    const real = await hosts.link(host);
    const api = new Proxy(real.api, { get: (target, name) => method(target, name as HostMethod) });
    return new Proxy(real, { get: (target, name) => (name === 'api' ? api : Reflect.get(target, name) as unknown) });
  };
  const faulty = new Proxy(hosts, { get: (target, name) => (name === 'link' ? link : Reflect.get(target, name) as unknown) });
  return { activities: createActivities({ ...bench.deps, hosts: faulty }), wasCut: () => calls >= n };
}

/** The step, cut off at each of its calls in turn and repeated each time. */
async function throughCuts<N extends Step>(bench: Bench, name: N, call: MergeCall): Promise<void> {
  for (let n = 1; ; n += 1) {
    for (const when of ['before', 'after'] as const) {
      const { activities, wasCut } = cutAt(bench, n, when);
      const failed = await take(activities, name, call).then(() => null, (error: unknown) => error);
      if (!wasCut()) return;
      if (failed !== null) expect(failed).toBeInstanceOf(ApplicationFailure);
    }
  }
}

interface Isolated {
  repository: (name: string, options?: ProjectOptions) => Promise<Play>;
  /** By the bench's own worker, or another one. */
  take: <N extends Step>(name: N, call: MergeCall & OpenWorktree, activities?: Activities) => ReturnType<Activities[N]>;
  throughCuts: (name: Step, call: MergeCall) => Promise<void>;
}

/** `bench()` is asked when a test runs. */
export const isolated = (bench: () => Bench): Isolated => ({
  repository: (name, options) => repository(bench(), name, options),
  take: (name, call, activities = bench().activities) => take(activities, name, call),
  throughCuts: (name, call) => throughCuts(bench(), name, call),
});
