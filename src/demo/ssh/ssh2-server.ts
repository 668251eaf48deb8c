/** Stand-in for sshd on a machine without one: the server of `ssh2`, one user, one key, commands through the user's shell. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';
import { ownIdentity } from '../../embedded/process-identity.ts';
import type { SshFiles, SshServer } from './host.ts';

const { Server, utils } = ssh2;

/** Only the demo's own key, with a signature that proves it. */
function authenticate(context: AuthContext, userPublicKey: string): void {
  const expected = utils.parseKey(userPublicKey);
  if (context.method !== 'publickey' || expected instanceof Error) return context.reject(['publickey']);
  const isOurs = context.key.data.equals(expected.getPublicSSH());
  const isProved = !context.signature || expected.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) === true;
  if (isOurs && isProved) context.accept();
  else context.reject(['publickey']);
}

/** As sshd does: `$SHELL -c command`, standard streams wired, exit status told. */
function execute(command: string, channel: ServerChannel, env: Record<string, string>): void {
  const child = spawn(userInfo().shell ?? '/bin/sh', ['-c', command], { env, cwd: env.HOME, stdio: 'pipe' });
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.stdin.on('error', () => undefined); // The command may end before it has read its input.
  child.once('close', (code, signal) => {
    if (signal) channel.exit(signal);
    else channel.exit(code ?? 1);
    channel.end();
  });
  channel.once('close', () => child.stdin.destroy());
}

function serve(session: Session, env: Record<string, string>): void {
  session.on('exec', (accept, _reject, { command }) => execute(command, accept(), env));
}

/** Listens on a free port of 127.0.0.1 in this very process. */
export async function startSsh2(files: SshFiles, env: Record<string, string>): Promise<SshServer> {
  const connections = new Set<Connection>();
  const server = new Server({ hostKeys: [readFileSync(files.hostKey)], ident: 'holdpoint-demo' }, (connection) => {
    connections.add(connection);
    connection
      .on('authentication', (context) => authenticate(context, files.userPublicKey))
      .on('session', (accept) => serve(accept(), env))
      .on('error', () => connection.end()) // A cut link ends this connection only.
      .once('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    software: 'ssh2 (no sshd is installed)',
    version: 'SSH-2.0-holdpoint-demo',
    ...ownIdentity(),
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
