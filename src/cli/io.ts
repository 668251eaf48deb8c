/** What a command sees of the process it runs in: handed in by the entry point, so that nothing below reads globals. */
import type { Readable, Writable } from 'node:stream';
import { createColors } from 'picocolors';

export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Aborts on SIGINT and SIGTERM. */
  signal: AbortSignal;
}

export type Colors = ReturnType<typeof createColors>;

/** Colour only on a terminal, and never against NO_COLOR. */
export const colorsFor = (io: Io): Colors => createColors(io.stdout.isTTY === true && !io.env.NO_COLOR);

export const isInteractive = (io: Io): boolean => io.stdin.isTTY === true && io.stdout.isTTY === true;

/** Rejects when the user gives up. */
export function interrupted({ signal }: Io): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}

/**
 * Writes and waits for the pipe: a document larger than the pipe's buffer must not be cut by the exit. False when the reader
 * (head, less) has gone away: not a failure of the command, but nothing more needs to be written.
 */
export function write(stream: Writable, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      const isPipe = ['EPIPE', 'ERR_STREAM_DESTROYED'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
      if (error && !isPipe) reject(error);
      else resolve(!error);
    });
  });
}
