/** The host `local`: the same host program as over SSH, as a child process of this one. */
import { spawn } from 'node:child_process';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { HostLink, HostsOptions } from './host-link.ts';
import { HOST_FLAGS, HOST_HEAPS } from './host-memory.ts';
import { establish } from './link.ts';
import type { Program } from './link.ts';

/** Starts the host program here. Leaves nothing running when it throws. */
export async function openLocalLink(options: HostsOptions, signal: AbortSignal): Promise<HostLink> {
  const program = startChild(options);
  const giveUp = (): void => void program.end();
  signal.addEventListener('abort', giveUp);
  try {
    return await establish(program, { name: 'local', via: 'local', serverVersion: null, cryptoBinding: null }, options);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const END_GRACE_MS = 2000;

/** In a session of its own: Ctrl-C at our terminal is for us to handle; the end of its standard input ends the child. */
function startChild({ nodeBinary, bundlePath, stateDir, env }: HostsOptions): Program {
  const args = [...HOST_FLAGS, bundlePath, 'serve', ...(stateDir === null ? [] : ['--state', stateDir])];
  const child = spawn(nodeBinary, args, { env: { ...HOST_HEAPS, ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  const gone = new Promise<Error>(resolve => {
    const lost = (why: string): void => resolve(new HoldpointError('host_unreachable', `The local host program is gone: ${why} ${words.trim()}`.trim()));
    child.once('error', error => lost(error.message));
    child.once('close', (code, killed) => lost(`it ended with ${killed ?? `exit code ${code}`}.`));
  });
  const end = async (): Promise<void> => {
    const insist = setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS);
    child.stdin.destroy();
    await gone;
    clearTimeout(insist);
  };
  child.stdin.on('error', () => undefined);
  return { readable: child.stdout, writable: child.stdin, complaint: () => words.trim(), gone, kill: () => void child.kill('SIGKILL'), end };
}
