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
import { runDirectory } from './run/run-files.ts';
import { stateOf } from './run/run-state.ts';
import { startRun } from './run/start-run.ts';
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
  await serveRpc(withoutSecrets(known, { ...runHandlers(settings, known), ...fileHandlers(settings) }), process.stdin, process.stdout);
  return 0;
}

type FileMethod = 'takeCheckpoint' | 'diffTrees' | 'diffText' | 'watchChanges' | 'unwatch';

function runHandlers(settings: HostSettings, known: KnownSecrets): Omit<Handlers, FileMethod> {
  const { stateDir, env } = settings;
  const followers = new Followers(stateDir);
  return {
    hello: async () => hello(settings.version),
    probe: (p) => probe(env, p),
    claimWorkspace: async (p) => ({ workspace: await claimFence(stateDir, p) }),
    startRun: async (p) => {
      await holdFence(stateDir, p);
      return startRun(settings, p);
    },
    runState: (p) => stateOf(runDirectory(stateDir, p.key)),
    readRun: (p, signal) => followers.read(p, signal, known.mask),
    cancelRun: (p) => cancelRun(stateDir, p),
  };
}

function fileHandlers({ stateDir, env }: HostSettings): Pick<Handlers, FileMethod> {
  const shadows = new Shadows(stateDir, env['PATH'] ?? '');
  const watches = new Watches();
  return {
    takeCheckpoint: async (p) => takeCheckpoint(await shadows.of(await holdFence(stateDir, p)), p),
    diffTrees: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace));
      return { changes: await diffTrees(git, p.from, p.to) };
    },
    diffText: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace));
      return diffText(git, p);
    },
    watchChanges: async (p, signal) => watches.next(await shadows.of(await holdFence(stateDir, p)), p, signal),
    unwatch: async (p) => {
      await watches.close(await realpath(p.workspace).catch(() => p.workspace));
      return {};
    },
  };
}
