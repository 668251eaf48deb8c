/** A link over SSH: connect, install, start the host program on one exec channel, speak JSON-RPC after the sentinel. */
import { HoldpointError } from '../domain/failure-kind.ts';
import { afterSentinel } from './after-sentinel.ts';
import { connectSsh, cryptoBinding } from './connect.ts';
import type { SshConnection } from './connect.ts';
import { seconds, within } from './deadline.ts';
import type { HostLink, HostsOptions } from './host-link.ts';
import { HOST_FLAGS, HOST_HEAPS } from './host-memory.ts';
import { install } from './install.ts';
import type { Installed } from './install.ts';
import { establish } from './link.ts';
import type { Program } from './link.ts';
import { commandLine, newSentinel, openChannel, quote, runScript } from './remote-script.ts';

/** Opens a link to an alias of the ssh config. Leaves nothing open when it throws; `signal` gives up. */
export async function openSshLink(alias: string, options: HostsOptions, signal: AbortSignal): Promise<HostLink> {
  const connection = await connectSsh({ alias, user: null, port: null, through: null }, options, signal);
  const giveUp = (): void => void connection.close();
  signal.addEventListener('abort', giveUp);
  try {
    const program = await startProgram(connection, await install(connection, options), options);
    const about = { name: alias, via: 'ssh', serverVersion: connection.serverVersion, cryptoBinding: cryptoBinding() } as const;
    return await establish(program, about, options);
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** A channel ends a moment before its connection says why. */
const REASON_GRACE_MS = 300;

function startCommand(installed: Installed, sentinel: string, { stateDir }: HostsOptions): string {
  // Where a forced host keeps its state is for its own command to say.
  if (installed.kind === 'forced') return `holdpoint serve ${installed.sha256} ${sentinel}`;
  const { node, bundle, path } = installed;
  const state = stateDir === null ? '' : ` --state ${quote(stateDir)}`;
  const heaps = Object.entries(HOST_HEAPS).map(([name, value]) => `${name}=${value}; export ${name}; `).join('');
  return commandLine(`PATH=${quote(path)}; export PATH; ${heaps}cd || exit\nprintf '\\n%s\\n' ${sentinel}\nexec ${quote(node)} ${HOST_FLAGS.join(' ')} ${quote(bundle)} serve${state}`);
}

function notStarted(host: string, why: string, installed: Installed, bundlePath: string): HoldpointError {
  const hint = `Its key has a forced command: put ${bundlePath} of this machine there beside the program that it names, as `;
  return new HoldpointError('host_unsupported', `The host program did not start on "${host}": ${why}`.trim(), {
    ...(installed.kind === 'forced' && { hint: `${hint}${installed.sha256}.mjs` }),
  });
}

async function startProgram(connection: SshConnection, installed: Installed, options: HostsOptions): Promise<Program> {
  const host = connection.target.alias;
  const sentinel = newSentinel();
  const channel = await openChannel(connection.client, startCommand(installed, sentinel, options), host);
  let words = '';
  channel.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  const { stream, found } = afterSentinel(sentinel);
  channel.on('error', () => undefined).pipe(stream);
  const complaint = (): string => words.trim();
  const failed = (why: string): HoldpointError => notStarted(host, `${why} ${complaint()}`, installed, options.bundlePath);
  await within(found, options.callTimeoutMs, () => new Error(`nothing was heard for ${seconds(options.callTimeoutMs)}`))
    .catch(async (error: Error) => Promise.reject(await within(connection.closed, REASON_GRACE_MS, () => error).catch(() => failed(error.message))));
  let killing: Promise<unknown> = Promise.resolve();
  const kill = (pid: number): void => void (killing = killProgram(connection, pid));
  const end = async (): Promise<void> => {
    await killing;
    await connection.close();
  };
  return { readable: stream, writable: channel, complaint, gone: connection.closed, kill, end };
}

const KILL_MS = 5000;

/**
 * By a command of its own: sshd passes no signal on to a program of root's. Whether it worked shows on the next link; behind a
 * forced command it does not, and the program ends when it goes on and finds its input closed.
 */
async function killProgram({ client, target, closed }: SshConnection, pid: number): Promise<void> {
  const killed = runScript(client, target.alias, `kill -KILL ${pid}`, KILL_MS);
  await within(Promise.race([killed, closed]), KILL_MS, () => new Error('late')).catch(() => undefined);
}
