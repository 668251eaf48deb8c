/** A real OpenSSH server as an ordinary process: own keys, own configuration, no system file read or written. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { freePort, onFreePorts, portTaken } from '../../embedded/free-port.ts';
import { isAlive } from '../../embedded/process-identity.ts';
import { logTail, startServer, type ServerProcess } from '../../embedded/server-process.ts';
import type { SshFiles, SshServer } from './host.ts';

/** As long as Postgres and Temporal have: a busy machine is slow and not broken. */
const START_DEADLINE_MS = 60_000;
/** Where sshd, run by root, wants an empty directory; only the OS's own set-up may make it. */
const PRIVILEGE_SEPARATION = '/run/sshd';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Absolute path of a usable sshd; undefined when none is installed, or root's has no privilege separation directory. */
export function findSshd(path: string): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder.startsWith('/')), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, 'sshd')).find(isExecutable);
  const usable = process.getuid?.() !== 0 || existsSync(PRIVILEGE_SEPARATION);
  return usable ? found : undefined;
}

function serverConfig(files: SshFiles, port: number, env: Record<string, string>): string {
  const lines = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey "${files.hostKey}"`,
    `AuthorizedKeysFile "${files.authorizedKeys}"`,
    'PidFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'AllowAgentForwarding no',
    'AllowTcpForwarding no',
    'X11Forwarding no',
    'PrintMotd no',
    'UsePAM no',
    // The folder may lie below one that others can write to; the key pair is made for this server alone.
    'StrictModes no',
    'Subsystem sftp internal-sftp',
    `SetEnv ${Object.entries(env).map(([name, value]) => `"${name}=${value}"`).join(' ')}`,
  ];
  const path = join(files.dir, 'sshd_config');
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

/** `SSH-2.0-OpenSSH_…` as the server greets; undefined while nobody listens. */
const greeting = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').setTimeout(1_000);
    const done = (text?: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.once('data', (bytes) => done(bytes.toString('latin1').trim())).once('error', () => done()).once('timeout', () => done());
  });

/** Whoever else has the port may greet as well: what our own server says of it counts. */
const listens = (logFile: string, port: number): boolean => logTail(logFile, 50).includes(`Server listening on 127.0.0.1 port ${port}.`);

async function waitForGreeting(server: ServerProcess, port: number, logFile: string): Promise<string> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && isAlive(server)) {
    const text = listens(logFile, port) ? await greeting(port) : undefined;
    if (text) return text.replace(/^SSH-2\.0-/, '');
    await sleep(20);
  }
  const said = logTail(logFile);
  if (said.includes(`Bind to port ${port} on 127.0.0.1 failed: Address already in use`)) throw portTaken(port, 'sshd');
  throw new HoldpointError('internal', `sshd did not start: ${said}`, { hint: `see ${logFile}` });
}

/** Starts sshd on a free port; `outlive` as for every server of the stack. */
export const startOpenSsh = (sshd: string, files: SshFiles, env: Record<string, string>, outlive: boolean): Promise<SshServer> =>
  onFreePorts([], async () => startOn(await freePort(), { sshd, files, env, outlive }));

interface Start {
  sshd: string;
  files: SshFiles;
  env: Record<string, string>;
  outlive: boolean;
}

/** Throws `port_taken` when somebody listens there. */
export async function startOn(port: number, { sshd, files, env, outlive }: Start): Promise<SshServer> {
  const config = serverConfig(files, port, env);
  const own = { PATH: env.PATH ?? '' };
  const check = spawnSync(sshd, ['-t', '-f', config], { encoding: 'utf8', env: own });
  if (check.status !== 0) throw new HoldpointError('internal', `sshd refuses its configuration: ${check.stderr.trim()}`);
  const logFile = join(files.dir, 'sshd.log');
  const args = ['-D', '-e', '-f', config];
  const server = await startServer({ name: 'sshd', file: sshd, args, cwd: files.dir, env: own, logFile, stopSignal: 'SIGTERM', outlive });
  const version = await waitForGreeting(server, port, logFile);
  return { software: 'OpenSSH sshd', version, pid: server.pid, start: server.start, port, close: () => server.stop() };
}
