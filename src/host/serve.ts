/** Puts the methods of the API together and serves them on stdio. */
import { privateDirectory } from './durable.ts';
import { holdFence } from './fence.ts';
import { hello } from './hello.ts';
import { HostError } from './host-error.ts';
import { probe } from './probe.ts';
import { serveRpc, type Handlers } from './rpc.ts';
import { cancelRun } from './run/cancel-run.ts';
import { readRun } from './run/read-run.ts';
import { runDirectory } from './run/run-files.ts';
import { stateOf } from './run/run-state.ts';
import { startRun } from './run/start-run.ts';
import type { HostSettings } from './settings.ts';

/** Serves until standard input ends; runs go on without it. Answers the exit code of the process. */
export async function serve(settings: HostSettings): Promise<number> {
  console.log = console.error; // standard output belongs to JSON-RPC
  await privateDirectory(settings.stateDir);
  await serveRpc(handlers(settings), process.stdin, process.stdout);
  return 0;
}

function handlers(settings: HostSettings): Handlers {
  const { stateDir, env } = settings;
  const missing = async (): Promise<never> => {
    throw new HostError('internal', 'not served yet');
  };
  return {
    hello: async () => hello(settings.version),
    probe: (p) => probe(env, p),
    claimWorkspace: async (p) => ({ workspace: await holdFence(stateDir, p) }),
    startRun: async (p) => {
      await holdFence(stateDir, p);
      return startRun(settings, p);
    },
    runState: (p) => stateOf(runDirectory(stateDir, p.key)),
    readRun: (p, signal) => readRun(stateDir, p, signal),
    cancelRun: (p) => cancelRun(stateDir, p),
    takeCheckpoint: missing,
    diffTrees: missing,
    diffText: missing,
    watchChanges: missing,
    unwatch: missing,
  };
}
