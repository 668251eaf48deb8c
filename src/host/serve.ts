/** Puts the methods of the API together and serves them on stdio. */
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Compactor } from './compact/compactor.ts';
import { privateDirectory } from './durable.ts';
import { claimFence, holdFence, openWorkspace } from './fence.ts';
import { decideCall } from './gate/gate-call.ts';
import { hello } from './hello.ts';
import { KnownSecrets, withoutSecrets } from './known-secrets.ts';
import { probe } from './probe.ts';
import { serveRpc, type Handlers } from './rpc.ts';
import { beginRestore, neverBegun, requireQuiet } from './restore/may-restore.ts';
import { restoreTree } from './restore/restore-tree.ts';
import { cancelRun } from './run/cancel-run.ts';
import { Followers } from './run/read-run.ts';
import { Pruner } from './run/prune-runs.ts';
import { sendInput } from './run/send-input.ts';
import { noteStored, runDirectory } from './run/run-files.ts';
import { stateOf } from './run/run-state.ts';
import { Starter } from './run/start-run.ts';
import { announceRun, endOlderRuns } from './run/workspace-runs.ts';
import { readSession } from './sessions/read-session.ts';
import { writeSession } from './sessions/write-session.ts';
import type { HostSettings } from './settings.ts';
import { blame } from './snapshot/blame.ts';
import { changeTimes } from './snapshot/change-times.ts';
import { takeCheckpoint } from './snapshot/checkpoint.ts';
import { diffText, diffTrees } from './snapshot/diff.ts';
import { readFiles } from './snapshot/read-files.ts';
import { replayChanges } from './snapshot/replay.ts';
import { Shadows } from './snapshot/shadow.ts';
import { verifyTree } from './snapshot/verify-tree.ts';
import { verifyStore } from './verify/verify-store.ts';
import { Watches } from './watch/watches.ts';
import { addWorktree } from './worktree/add-worktree.ts';
import { mergeTrees } from './worktree/merge-trees.ts';
import { removeWorktree } from './worktree/remove-worktree.ts';

/** Serves until standard input ends; runs go on without it. Answers the exit code of the process. */
export async function serve(settings: HostSettings): Promise<number> {
  console.log = console.error; // standard output belongs to JSON-RPC
  await privateDirectory(settings.stateDir);
  const known = new KnownSecrets(settings.env);
  const starter = new Starter(settings);
  const shadows = new Shadows({ stateDir: settings.stateDir, searchPath: settings.env['PATH'] ?? '' });
  const handlers = {
    ...runHandlers(settings, { known, starter, shadows }), ...sessionHandlers(settings, known), ...fileHandlers(settings, shadows), ...worktreeHandlers(settings, shadows),
  };
  await serveRpc(withoutSecrets(known, handlers), process.stdin, process.stdout);
  starter.close();
  return 0;
}

type SessionMethod = 'readSession' | 'writeSession';
type FileMethod = 'takeCheckpoint' | 'diffTrees' | 'changeTimes' | 'diffText' | 'readFiles' | 'blameFile' | 'replayChanges' | 'verifyTree' | 'restoreTree' | 'watchChanges' | 'unwatch' | 'verifyCheckpoints';

type WorktreeMethod = 'addWorktree' | 'removeWorktree' | 'mergeTrees';

interface Kept {
  shadows: Shadows;
  known: KnownSecrets;
  starter: Starter;
}

function runHandlers(settings: HostSettings, { known, starter, shadows }: Kept): Omit<Handlers, FileMethod | SessionMethod | WorktreeMethod> {
  const { stateDir, fenceDir, env } = settings;
  const followers = new Followers(stateDir);
  const pruner = new Pruner(stateDir);
  const compactor = new Compactor(stateDir);
  return {
    hello: async () => hello(settings.version),
    probe: (p) => probe(env, p),
    claimWorkspace: async (p) => {
      const workspace = await claimFence(fenceDir, p);
      await endOlderRuns(fenceDir, workspace, p.fence);
      starter.warmUp();
      // Between two holders: nobody waits for it.
      setImmediate(() => void pruner.prune().then(() => compactor.compact(() => shadows.of(workspace, p.root), p.keepTrees ?? null)));
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
    sendInput: (p) => sendInput(stateDir, p),
    judgeCall: async ({ policy, tool, input }) => ({ decision: decideCall(policy, env['HOME'] ?? homedir(), { tool, input, toolUseId: null, agentId: null }).decision }),
    runStored: async (p) => {
      await noteStored(runDirectory(stateDir, p.key));
      return {};
    },
  };
}

function sessionHandlers({ stateDir, fenceDir, env }: HostSettings, known: KnownSecrets): Pick<Handlers, SessionMethod> {
  const roots = { home: env['HOME'] ?? homedir(), state: stateDir };
  return {
    readSession: async (p) => readSession(roots, p, known.mask),
    writeSession: async (p) => {
      await holdFence(fenceDir, p);
      return writeSession(roots, p);
    },
  };
}

function fileHandlers({ fenceDir }: HostSettings, shadows: Shadows): Pick<Handlers, FileMethod> {
  const watches = new Watches();
  return {
    takeCheckpoint: async (p) => takeCheckpoint(await shadows.of(await holdFence(fenceDir, p), p.root), p),
    diffTrees: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace), p.root);
      return { changes: await diffTrees(git, p.from, p.to) };
    },
    changeTimes: async (p) => ({ times: changeTimes(await openWorkspace(p.workspace), p.paths) }),
    diffText: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace), p.root);
      return diffText(git, p);
    },
    readFiles: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace), p.root);
      return { files: await readFiles(git, p) };
    },
    restoreTree: async (p) => {
      const workspace = await holdFence(fenceDir, p);
      await requireQuiet(fenceDir, workspace);
      return restoreTree(await shadows.of(workspace, p.root), p, p.dryRun ? neverBegun : await beginRestore(fenceDir, p, workspace));
    },
    blameFile: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace), p.root);
      return blame(git, p);
    },
    replayChanges: async (p) => {
      const { git } = await shadows.of(await openWorkspace(p.workspace), p.root);
      return replayChanges(git, p);
    },
    verifyTree: async (p) => verifyTree(await shadows.of(await holdFence(fenceDir, p), p.root), p),
    watchChanges: async (p, signal) => watches.next(await shadows.of(await holdFence(fenceDir, p), p.root), p, signal),
    verifyCheckpoints: async (p) => verifyStore((await shadows.of(await openWorkspace(p.workspace), p.root)).git, p),
    unwatch: async (p) => {
      await watches.close(await realpath(p.workspace).catch(() => p.workspace));
      return {};
    },
  };
}

function worktreeHandlers({ fenceDir, env }: HostSettings, shadows: Shadows): Pick<Handlers, WorktreeMethod> {
  const searchPath = env['PATH'] ?? '';
  return {
    addWorktree: async (p) => addWorktree(await holdFence(fenceDir, p), p, searchPath),
    removeWorktree: async (p) => removeWorktree(await holdFence(fenceDir, p), p, searchPath),
    mergeTrees: async (p) => mergeTrees(await shadows.of(await openWorkspace(p.workspace)), p),
  };
}
