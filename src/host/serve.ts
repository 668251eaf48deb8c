/** Puts the methods of the API together and serves them on stdio. */
import { realpath } from 'node:fs/promises';
import { privateDirectory } from './durable.ts';
import { claimFence, holdFence, openWorkspace } from './fence.ts';
import { hello } from './hello.ts';
import { KnownSecrets, withoutSecrets } from './known-secrets.ts';
import { probe } from './probe.ts';
import { serveRpc, type Handlers } from './rpc.ts';
import { cancelRun } from './run/cancel-run.ts';
import { Followers } from './run/read-run.ts';
import { Pruner } from './run/prune-runs.ts';
import { noteStored, runDirectory } from './run/run-files.ts';
import { stateOf } from './run/run-state.ts';
import { Starter } from './run/start-run.ts';
import { announceRun, endOlderRuns } from './run/workspace-runs.ts';
import type { HostSettings } from './settings.ts';
import { takeCheckpoint } from './snapshot/checkpoint.ts';
import { diffText, diffTrees } from './snapshot/diff.ts';
import { Shadows } from './snapshot/shadow.ts';
import { Watches } from './watch/watches.ts';

/** Serves until standard input ends; runs go on without it. Answers the exit code of the process. */
export async function serve(settings: HostSettings): Promise<number> {
  console.log = console.error; // standard output belongs to JSON-RPC
  await privateDirectory(settings.stateDir);
  const known = new KnownSecrets(settings.env);
  const starter = new Starter(settings);
  await serveRpc(withoutSecrets(known, { ...runHandlers(settings, { known, starter }), ...fileHandlers(settings) }), process.stdin, process.stdout);
  starter.close();
  return 0;
}

type FileMethod = 'takeCheckpoint' | 'diffTrees' | 'diffText' | 'watchChanges' | 'unwatch';

interface Kept {
  known: KnownSecrets;
  starter: Starter;
}

function runHandlers(settings: HostSettings, { known, starter }: Kept): Omit<Handlers, FileMethod> {
  const { stateDir, fenceDir, env } = settings;
  const followers = new Followers(stateDir);
  const pruner = new Pruner(stateDir);
  return {
    hello: async () => hello(settings.version),
    probe: (p) => probe(env, p),
    claimWorkspace: async (p) => {
      const workspace = await claimFence(fenceDir, p);
      await endOlderRuns(fenceDir, workspace, p.fence);
      starter.warmUp();
      setImmediate(() => void pruner.prune()); // between two holders: nobody waits for it
      return { workspace };
    },
    startRun: async (p) => {
      const workspace = await holdFence(fenceDir, p);
      await endOlderRuns(fenceDir, workspace, p.fence);
      return starter.start(p, async () => {
        await announceRun(fenceDir, workspace, { stateDir, key: p.key, fence: p.fence });
        await holdFence(fenceDir, p); // whoever claims after this finds the run announced
      });
    },
    runState: (p) => stateOf(runDirectory(stateDir, p.key)),
    readRun: (p, signal) => followers.read(p, signal, known.mask),
    cancelRun: (p) => cancelRun(stateDir, p),
    runStored: async (p) => {
      await noteStored(runDirectory(stateDir, p.key));
      return {};
    },
  };
}

function fileHandlers({ stateDir, fenceDir, env }: HostSettings): Pick<Handlers, FileMethod> {
  const shadows = new Shadows(stateDir, env['PATH'] ?? '');
  const watches = new Watches();
  return {
    takeCheckpoint: async (p) => takeCheckpoint(await shadows.of(await holdFence(fenceDir, p)), p),
    diffTrees: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace));
      return { changes: await diffTrees(git, p.from, p.to) };
    },
    diffText: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace));
      return diffText(git, p);
    },
    watchChanges: async (p, signal) => watches.next(await shadows.of(await holdFence(fenceDir, p)), p, signal),
    unwatch: async (p) => {
      await watches.close(await realpath(p.workspace).catch(() => p.workspace));
      return {};
    },
  };
}
