/** Follows a stream of a run by byte offset: a long poll that answers within milliseconds of a write. */
import type { ReadRun, RunChunk } from '../../domain/host-api.ts';
import type { ByteMask } from '../../domain/redact/byte-mask.ts';
import { HostError } from '../host-error.ts';
import { FollowedRun } from './followed-run.ts';
import { runDirectory } from './run-files.ts';

const STREAMS: ReadonlySet<string> = new Set(['out', 'err', 'gate', 'calls', 'collected']);

/** A follower asks again at once; whoever has not done so for this long has gone. */
const IDLE_MS = 15_000;

interface Entry {
  run: FollowedRun;
  readers: number;
  idle: NodeJS.Timeout | undefined;
}

/** The runs that are followed at the moment, and those that were until a moment ago. */
export class Followers {
  readonly #stateDir: string;
  readonly #runs = new Map<string, Entry>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Bytes from `offset` on. May be repeated and asked for by many at once; an abort ends the wait with no bytes. `mask`: what is hidden in them. */
  async read(p: ReadRun, signal: AbortSignal, mask: ByteMask | null): Promise<RunChunk> {
    checkRequest(p);
    const dir = runDirectory(this.#stateDir, p.key);
    const entry = this.#begin(dir);
    try {
      return await entry.run.read(p, signal, mask);
    } finally {
      this.#end(dir, entry);
    }
  }

  #begin(dir: string): Entry {
    const entry = this.#runs.get(dir) ?? { run: new FollowedRun(dir), readers: 0, idle: undefined };
    this.#runs.set(dir, entry);
    clearTimeout(entry.idle);
    entry.readers += 1;
    return entry;
  }

  #end(dir: string, entry: Entry): void {
    entry.readers -= 1;
    if (entry.readers > 0) return;
    entry.idle = setTimeout(() => {
      this.#runs.delete(dir);
      entry.run.close();
    }, IDLE_MS).unref();
  }
}

function checkRequest(p: ReadRun): void {
  if (!STREAMS.has(p.stream)) throw new HostError('bad_input', `unknown stream ${JSON.stringify(p.stream)}`);
  if (!Number.isSafeInteger(p.offset) || p.offset < 0) throw new HostError('bad_input', 'offset must be a whole number, 0 or more');
  if (!Number.isSafeInteger(p.maxBytes) || p.maxBytes < 1) throw new HostError('bad_input', 'maxBytes must be a whole number, 1 or more');
}
