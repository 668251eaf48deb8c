/** The process of a run: a session of its own, default signal handling, exactly the environment it was given. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import type { ProcessIdentity, RunSpec } from '../../domain/host-api.ts';
import { identityOf } from '../proc.ts';

export interface Child {
  identity: ProcessIdentity;
  ended: Promise<{ code: number | null; signal: string | null }>;
  /** Standard input, where the spec leaves it open. */
  input: Writable | null;
}

/** Throws with the reason when the process cannot be started. Writes `stdin` to it and closes it, unless more may come. */
export async function spawnChild(spec: RunSpec, out: number, err: number): Promise<Child> {
  if (!statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`working directory ${spec.cwd} does not exist`);
  const child = spawn(spec.command, spec.args, { cwd: spec.cwd, env: spec.env, detached: true, stdio: ['pipe', out, err] });
  const ended = endOf(child);
  await once(child, 'spawn'); // rejects with the 'error' event
  child.stdin?.on('error', () => undefined); // it need not read its input
  if (spec.moreInput) child.stdin?.write(spec.stdin);
  else child.stdin?.end(spec.stdin);
  const pid = child.pid ?? 0;
  // A process that has already ended is a zombie until its exit is read: only its pid is left to tell.
  return { identity: identityOf(pid) ?? { pid, startTicks: 0 }, ended, input: spec.moreInput ? child.stdin : null };
}

function endOf(child: ChildProcess): Child['ended'] {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', () => resolve({ code: null, signal: null }));
  });
}
