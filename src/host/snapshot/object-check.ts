/** Reads stored objects again and tells which are not what their ids say. Streams: none is held in memory. */
import { createHash, type Hash } from 'node:crypto';
import { runGit, type ShadowGit } from './git.ts';

/** Ids of blobs that are missing or damaged. */
export async function damagedObjects(shadow: ShadowGit, ids: readonly string[]): Promise<string[]> {
  const damaged: string[] = [];
  for (let left = [...new Set(ids)]; left.length > 0;) {
    const answers = new BatchAnswers();
    await runGit(shadow, ['cat-file', '--batch'], { input: `${left.join('\n')}\n`, onOutput: (chunk) => answers.push(chunk) });
    damaged.push(...left.filter((id, n) => n < answers.ids.length && answers.ids[n] !== id));
    // Git ends at an object that it cannot unpack.
    if (answers.ids.length < left.length) damaged.push(left[answers.ids.length] ?? '');
    left = left.slice(answers.ids.length + 1);
  }
  return damaged;
}

/** `<id> <type> <size>`, a line break, the content, a line break; or a line that ends in `missing`. */
class BatchAnswers {
  /** Of each whole answer, the id that its content has; empty for one that is missing. */
  readonly ids: string[] = [];
  #head = '';
  #hash: Hash | undefined;
  #left = 0;

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) at = this.#hash ? this.#content(this.#hash, chunk, at) : this.#header(chunk, at);
  }

  #header(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(10, at);
    this.#head += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
    if (end < 0) return chunk.length;
    const [, type, size] = / (\w+) (\d+)$/.exec(this.#head) ?? [];
    this.#head = '';
    if (size === undefined) this.ids.push('');
    else this.#hash = createHash('sha1').update(`${type} ${size}\0`);
    this.#left = Number(size ?? 0);
    return end + 1;
  }

  #content(hash: Hash, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    hash.update(chunk.subarray(at, end));
    this.#left -= end - at;
    if (end === chunk.length) return end;
    this.ids.push(hash.digest('hex'));
    this.#hash = undefined;
    return end + 1;
  }
}
