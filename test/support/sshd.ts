/**
 * A real OpenSSH server on loopback with keys, home folder and client configuration of its own, run as the current user.
 * Nothing of the user's own ssh set-up is read or written. Tests that need it stand in `describeWithSshd`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { eventually } from './eventually.ts';
import { describeWith } from './needs.ts';

export interface SshdOptions {
  /** Environment of sessions, beside HOME and PATH. */
  env?: Record<string, string>;
  /** PATH of sessions; default: this Node's folder, then the usual ones. */
  path?: string;
  /** Runs in place of every command, which is in SSH_ORIGINAL_COMMAND: simulates other login shells and noise. */
  forceCommand?: string;
  /** More lines of sshd_config; they win over ours. */
  config?: string[];
}

export interface TestSshd {
  alias: string;
  /** For `ssh -F`. */
  configFile: string;
  port: number;
  /** Everything lives here. */
  dir: string;
  /** HOME of sessions. */
  home: string;
  identityFile: string;
  knownHostsFile: string;
  /** `type base64` of the host key. */
  hostKey: string;
  /** Adds a host to the client configuration; `settings` replace those of the first alias. */
  addAlias: (alias: string, settings: Record<string, string>) => Promise<void>;
  logs: () => string;
  /** TCP connections accepted so far. */
  connections: () => number;
  /** Requests to sign in so far, successful or not. */
  signInRequests: () => number;
  /** Ends every open connection as a dying server would; new ones are served. */
  dropSessions: () => void;
  close: () => Promise<void>;
}

const PLACES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Null when no OpenSSH server is installed. */
export const sshdBinary: string | null = PLACES.map(dir => join(dir, 'sshd')).find(file => existsSync(file)) ?? null;

/** `describe`; without a server its tests are skipped and say so. */
export const describeWithSshd = (name: string, body: () => void): void => describeWith('sshd', sshdBinary !== null, name, body);

/** Starts a server; `close` ends it and removes its folder. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const dir = await mkdtemp(join(tmpdir(), 'holdpoint-sshd-'));
  const home = join(dir, 'home');
  await mkdir(home);
  makeKey(join(dir, 'host_key'));
  makeKey(join(dir, 'id'));
  await writeFile(join(dir, 'authorized_keys'), await readFile(join(dir, 'id.pub')));
  const { child, port, logs } = await listen(dir, options);
  const hostKey = (await readFile(join(dir, 'host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ').trim();
  const knownHostsFile = join(dir, 'known_hosts');
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}\n`);
  const configFile = join(dir, 'ssh_config');
  const settings = clientSettings(dir, port);
  const addAlias = (alias: string, more: Record<string, string>): Promise<void> => appendFile(configFile, hostBlock(alias, { ...settings, ...more }));
  await addAlias('test-host', {});
  const count = (words: RegExp): number => logs().match(words)?.length ?? 0;
  return {
    alias: 'test-host', configFile, port, dir, home, knownHostsFile, hostKey, identityFile: join(dir, 'id'), addAlias, logs,
    connections: () => count(/^Connection from /gm),
    signInRequests: () => count(/userauth-request for user/g),
    dropSessions: () => dropSessions(child),
    close: async () => {
      await end(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** An ed25519 key pair at `file` and `file`.pub. */
export function makeKey(file: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', file]);
}

const clientSettings = (dir: string, port: number): Record<string, string> => ({
  HostName: '127.0.0.1', Port: String(port), User: userInfo().username, IdentityFile: join(dir, 'id'), IdentitiesOnly: 'yes',
  IdentityAgent: 'none', UserKnownHostsFile: join(dir, 'known_hosts'), GlobalKnownHostsFile: '/dev/null',
});

const hostBlock = (alias: string, settings: Record<string, string>): string =>
  [`Host ${alias}`, ...Object.entries(settings).map(([key, value]) => `  ${key} ${value}`), ''].join('\n');

function serverConfig(dir: string, port: number, { env, path, forceCommand, config }: SshdOptions): string {
  const session = { HOME: join(dir, 'home'), PATH: path ?? `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, ...env };
  const setEnv = Object.entries(session).map(([name, value]) => `"${name}=${value}"`).join(' ');
  return [
    ...(config ?? []), `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(dir, 'host_key')}`, 'PidFile none', 'UseDNS no',
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`, 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'UsePAM no',
    'StrictModes no', 'PermitRootLogin yes', 'LogLevel DEBUG1', 'PrintMotd no', 'MaxStartups 100', `SetEnv ${setEnv}`,
    ...(forceCommand === undefined ? [] : [`ForceCommand ${forceCommand}`]), '',
  ].join('\n');
}

/** sshd cannot listen on "any" port: a free one is looked for, and another when somebody was faster. */
async function listen(dir: string, options: SshdOptions): Promise<{ child: ChildProcess; port: number; logs: () => string }> {
  if (sshdBinary === null) throw new Error('no sshd is installed');
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    await writeFile(join(dir, 'sshd_config'), serverConfig(dir, port, options));
    const child = spawn(sshdBinary, ['-D', '-e', '-f', join(dir, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    await eventually(() => child.exitCode !== null || text.includes('Server listening'), { timeoutMs: 60_000, what: 'sshd to listen' });
    if (child.exitCode === null) return { child, port, logs: () => text.replaceAll('\r', '') };
    if (attempt === 3) throw new Error(`sshd does not start: ${text}`);
  }
}

/** Below those that the system gives to whoever asks for any (from 32,768 on): what runs beside does not get it by chance. */
const PORTS = { first: 12_000, count: 20_000 };

/** A port where nobody listens, also a while later. */
export async function freePort(): Promise<number> {
  const port = PORTS.first + randomInt(PORTS.count);
  const server = createServer();
  const isFree = await new Promise<boolean>(resolve => server.once('error', () => resolve(false)).listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true)));
  await new Promise(resolve => server.close(resolve));
  return isFree ? port : freePort();
}

/** Each connection is a child of the server, in a session of its own: they outlive it unless they are ended too. */
function dropSessions(server: ChildProcess): void {
  for (const entry of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    if (parentOf(entry) === server.pid) endProcess(Number(entry));
  }
}

function parentOf(pid: string): number | null {
  try {
    // The name, in brackets, may hold anything.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[1]);
  } catch {
    return null;
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It ended by itself.
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise(resolve => child.once('exit', resolve));
  dropSessions(child);
  child.kill('SIGTERM');
  await gone;
}
