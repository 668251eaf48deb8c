/** Lets through only what follows a sentinel line: what a login shell prints before our program starts is dropped. */
import { Transform } from 'node:stream';

/** More noise than this is not a login shell that talks but one that never starts our program. */
const MAX_NOISE_BYTES = 1024 * 1024;

export interface AfterSentinel {
  stream: Transform;
  /** Settles when the sentinel was seen; rejects when the stream ends before. */
  found: Promise<void>;
}

const ended = (): Error => new Error('the session ended before our program started');

/** A transform for `pipe`; `sentinel` is a line of its own. */
export function afterSentinel(sentinel: string): AfterSentinel {
  const { promise: found, resolve, reject } = Promise.withResolvers<void>();
  found.catch(() => undefined);
  const line = Buffer.from(`\n${sentinel}\n`);
  let noise: Buffer | null = Buffer.alloc(0);
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (noise === null) return done(null, chunk);
      noise = Buffer.concat([noise, chunk]);
      const at = noise.indexOf(line);
      if (at < 0) return done(noise.length > MAX_NOISE_BYTES ? new Error('the login shell prints without end') : null);
      const rest = noise.subarray(at + line.length);
      noise = null;
      resolve();
      done(null, rest);
    },
    // Nobody reads yet, so neither 'end' nor 'close' would tell.
    flush(done) {
      done(noise === null ? null : ended());
    },
  });
  stream.on('error', reject).on('close', () => reject(ended()));
  return { stream, found };
}
