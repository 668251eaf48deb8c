/** Reads objects of a store through one git, and says which are not what they were stored as. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { gitCommand, type ShadowGit } from '../snapshot/git.ts';

export interface Damage {
  id: string;
  reason: string;
}

export interface ReadAgain {
  bytes: number;
  damaged: Damage[];
  /** Answers that came; git gives up at an object that it cannot unpack. */
  answered: number;
}

/** Content is hashed as it comes: nothing is held in memory. */
export async function readAgain(shadow: ShadowGit, ids: readonly string[]): Promise<ReadAgain> {
  const { args, options } = gitCommand(shadow, ['cat-file', '--batch']);
  const child = spawn('git', args, { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  child.stdin.on('error', () => undefined); // it gave up: what it has answered says where
  child.stdin.end(ids.map((id) => `${id}\n`).join(''));
  const reader = new BatchReader(ids);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) reader.take(chunk);
  await closed;
  return reader.result;
}

/** `<id> <type> <size>`, a line break, the content, a line break; or a line that ends in `missing`. */
class BatchReader {
  readonly result: ReadAgain = { bytes: 0, damaged: [], answered: 0 };
  readonly #ids: readonly string[];
  #head = '';
  #left = 0;
  #hash: ReturnType<typeof createHash> | undefined;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at = this.#hash ? this.#content(chunk, at) : this.#line(chunk, at);
  }

  #line(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(10, at);
    this.#head += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
    if (end < 0) return chunk.length;
    const [, type, size] = /^[0-9a-f]{40} (\w+) (\d+)$/.exec(this.#head) ?? [];
    this.#head = '';
    if (size === undefined) {
      this.#end('is missing');
      return end + 1;
    }
    this.#left = Number(size);
    this.#hash = createHash('sha1').update(`${type} ${size}\0`);
    return end + 1;
  }

  /** The line break behind the content is what ends it. */
  #content(chunk: Buffer, at: number): number {
    const piece = chunk.subarray(at, at + this.#left);
    this.#hash?.update(piece);
    this.#left -= piece.length;
    this.result.bytes += piece.length;
    if (at + piece.length === chunk.length) return chunk.length;
    const isWhole = this.#hash?.digest('hex') === this.#ids[this.result.answered];
    this.#hash = undefined;
    this.#end(isWhole ? null : 'is not what was stored');
    return at + piece.length + 1;
  }

  #end(reason: string | null): void {
    if (reason !== null) this.result.damaged.push({ id: this.#ids[this.result.answered] ?? '', reason });
    this.result.answered += 1;
  }
}
