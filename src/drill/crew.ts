/** The workers of one fault: real worker processes with queues of their own, to be killed, stopped and continued. They end with the drill. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, signalProcess } from '../embedded/process-identity.ts';
import type { ServerProcess } from '../embedded/server-process.ts';
import { startWorkerProcess, type WorkerCommand } from '../embedded/worker-process.ts';

export interface Crew {
  /** Starts one more and waits until it polls. */
  start(signal: AbortSignal): Promise<void>;
  /** SIGKILL; returns when it is gone. Throws for a pid that is not of the crew. */
  kill(pid: number): Promise<void>;
  /** SIGSTOP: it is there, and does nothing. */
  freeze(pid: number): void;
  /** Whoever is frozen goes on. May be repeated. */
  thaw(): void;
  logFiles(): string[];
  /** Ends all, frozen ones too. May be repeated. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 8_000;

/** A killed process is gone in milliseconds, unless the kernel holds it in a call that cannot be left. */
const GONE_MS = 10_000;

async function gone(victim: ServerProcess): Promise<void> {
  const deadline = performance.now() + GONE_MS;
  while (isAlive(victim)) {
    if (performance.now() > deadline) throw new Error(`worker ${victim.pid} was killed and is still there after ${GONE_MS / 1000} s`);
    await sleep(5);
  }
}

/** None is started yet. `dir` is there and holds their logs. */
export function createCrew(dir: string, command: WorkerCommand, env: Record<string, string>): Crew {
  const members: { server: ServerProcess; logFile: string }[] = [];
  const member = (pid: number): ServerProcess => {
    const found = members.find(({ server }) => server.pid === pid);
    if (!found) throw new Error(`process ${pid} is not one of the drill's own workers`);
    return found.server;
  };
  const thaw = (): void => members.forEach(({ server }) => signalProcess(server, 'SIGCONT'));
  return {
    async start(signal) {
      const name = `worker-${members.length + 1}`;
      const server = await startWorkerProcess({ name, command, env, dir, outlive: false }, signal, (started) => members.push({ server: started, logFile: join(dir, `${name}.log`) }));
      if (!isAlive(server)) throw new Error(`${name} ended at once`);
    },
    async kill(pid) {
      const victim = member(pid);
      signalProcess(victim, 'SIGKILL');
      await gone(victim);
    },
    freeze: (pid) => void signalProcess(member(pid), 'SIGSTOP'),
    thaw,
    logFiles: () => members.map(({ logFile }) => logFile),
    async stop() {
      thaw();
      await Promise.all(members.map(({ server }) => server.stop(STOP_GRACE_MS)));
    },
  };
}
