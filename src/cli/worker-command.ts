/** The worker of an embedded stack. */
import type { WorkerCommand } from '../embedded/stack.ts';
import type { Session } from './session.ts';

/** With the user's own environment: his ssh agent, his proxies, the credentials his plans name. */
export function workerCommand(session: Session, more: Record<string, string>): WorkerCommand {
  const [file = '', ...args] = session.install.worker;
  const inherited = Object.entries(session.io.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { file, args, cwd: session.io.cwd, env: { ...Object.fromEntries(inherited), ...more }, version: session.install.version };
}
