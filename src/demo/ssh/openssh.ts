/** A real OpenSSH server as an ordinary process: own keys, own configuration, no system file read or written. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { freePort } from '../../embedded/free-port.ts';
import { isAlive } from '../../embedded/process-identity.ts';
import { logTail, startServer, type ServerProcess } from '../../embedded/server-process.ts';
import type { SshFiles, SshServer } from './host.ts';

const START_DEADLINE_MS = 10_000;
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

async function waitForGreeting(server: ServerProcess, port: number, logFile: string): Promise<string> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && isAlive(server)) {
    const text = await greeting(port);
    if (text) return text.replace(/^SSH-2\.0-/, '');
    await sleep(20);
  }
  throw new HoldpointError('internal', `sshd did not start: ${logTail(logFile)}`, { hint: `see ${logFile}` });
}

/** Starts sshd on a free port; `outlive` as for every server of the stack. */
export async function startOpenSsh(sshd: string, files: SshFiles, env: Record<string, string>, outlive: boolean): Promise<SshServer> {
  const port = await freePort();
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
