/**
 * The drill's own hands on the host: shell commands over a connection of their own, which no fault touches. What a fault has
 * done, and what is left, is looked at through these and not through the parts that are put to the test.
 */
import { execFile } from 'node:child_process';
import { HoldpointError } from '../domain/failure-kind.ts';
import { connectSsh } from '../ssh/connect.ts';
import type { HostsOptions } from '../ssh/host-link.ts';
import { quote, runScript } from '../ssh/remote-script.ts';

export interface Hands {
  /** What the script printed. Throws `internal` when it ends with another code than 0, `host_unreachable` when it does not end. */
  run(script: string): Promise<string>;
  close(): Promise<void>;
}

const failed = (host: string, what: string): HoldpointError => new HoldpointError('internal', `a command of the drill failed on host ${host}: ${what}`);

function localHands({ env }: HostsOptions): Hands {
  const run = (script: string): Promise<string> => new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', script], { env: env ?? {}, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(failed('local', stderr.trim() || error.message));
      else resolve(stdout);
    });
  });
  return { run, close: async () => undefined };
}

/** Connects as a worker would. Throws what `connectSsh` throws. */
export async function openHands(host: string, options: HostsOptions, signal: AbortSignal): Promise<Hands> {
  if (host === 'local') return localHands(options);
  const connection = await connectSsh({ alias: host, user: null, port: null, through: null }, options, signal);
  const run = async (script: string): Promise<string> => {
    const { code, output, stderr } = await runScript(connection.client, host, script, options.callTimeoutMs);
    if (code !== 0) throw failed(host, stderr || `exit code ${code}`);
    return output;
  };
  return { run, close: () => connection.close() };
}

/** An empty folder that only the host's user may enter. */
export const makeFolder = async (hands: Hands): Promise<string> => (await hands.run('umask 077; mktemp -d "${TMPDIR:-/tmp}/holdpoint-drill-XXXXXX"')).trim();

export const makeFolders = async (hands: Hands, ...paths: string[]): Promise<void> => void (await hands.run(`umask 077; mkdir -p ${paths.map(quote).join(' ')}`));

/** What has just been told to end may write its last words meanwhile. */
export const removeFolder = async (hands: Hands, path: string): Promise<void> => {
  const remove = `rm -rf ${quote(path)}`;
  await hands.run(`${remove} || { sleep 1; ${remove}; } || { sleep 3; ${remove}; }`);
};

export const touch = async (hands: Hands, path: string): Promise<void> => void (await hands.run(`: > ${quote(path)}`));

export const sizeOf = async (hands: Hands, path: string): Promise<number> => Number(await hands.run(`wc -c < ${quote(path)}`));

export const textOf = (hands: Hands, path: string): Promise<string> => hands.run(`cat ${quote(path)}`);

// An answer of the host is kept up to 1 MiB, and travels as base64.
const PART_BYTES = 512 * 1024;

/** The whole file, which must not grow any more. */
export async function bytesOfFile(hands: Hands, path: string): Promise<Buffer> {
  const size = await sizeOf(hands, path);
  const parts: Buffer[] = [];
  for (let from = 0; from < size; from += PART_BYTES) {
    parts.push(Buffer.from(await hands.run(`tail -c +${from + 1} ${quote(path)} | head -c ${PART_BYTES} | base64`), 'base64'));
  }
  return Buffer.concat(parts);
}

const pidsIn = (text: string): number[] => [...text.matchAll(/\/proc\/(\d+)\//g)].map(([, pid]) => Number(pid));

/** `grep` ends with 1 when it finds nothing and with 2 when a process has ended while it looked. */
const search = async (hands: Hands, ...words: string[]): Promise<number[]> => pidsIn(await hands.run(`grep -lsz ${words.join(' ')}; :`));

/** Host programs that serve this state folder; supervisors of runs are not among them. */
export const hostProgramsOf = (hands: Hands, stateDir: string): Promise<number[]> => search(hands, '-xF', '--', quote(stateDir), '/proc/[0-9]*/cmdline');

/** Processes that carry the marker of a run whose key begins so; `prefix` holds no character that means something to grep but dots. */
export function carriersOf(hands: Hands, prefix: string): Promise<number[]> {
  const pattern = prefix.replaceAll('.', String.raw`\.`);
  return search(hands, '-e', quote(`^HOLDPOINT_RUN=${pattern}`), '-e', quote(String.raw`^HOLDPOINT_RUN=CHECK\.${pattern}`), '/proc/[0-9]*/environ');
}

/** SIGKILL to each; those that are gone are passed over. */
export const kill = async (hands: Hands, pids: readonly number[]): Promise<void> => {
  if (pids.length > 0) await hands.run(`kill -KILL ${pids.join(' ')} 2>/dev/null; :`);
};

/** A zombie has ended, whoever should take note of it. */
export async function isThere(hands: Hands, pid: number): Promise<boolean> {
  const state = await hands.run(`sed 's/.*) //' /proc/${pid}/stat 2>/dev/null; :`);
  return /^[^ZX]/.test(state);
}
