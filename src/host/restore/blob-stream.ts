/** Contents of blobs, in the order they were asked for, by one git for all of them; checked against their ids. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { HostError } from '../host-error.ts';
import { gitCommand, type ShadowGit } from '../snapshot/git.ts';

export type BlobRead = 'whole' | 'missing' | 'damaged';

export class BlobStream {
  readonly #child: ChildProcess;
  readonly #chunks: AsyncIterator<Buffer>;
  /** Asked for before it is needed: of a child that has ended, Node throws away what nobody has begun to read. */
  #coming: Promise<IteratorResult<Buffer>>;
  readonly #ended: Promise<unknown>;
  #left: Buffer = Buffer.alloc(0);

  constructor(shadow: ShadowGit, ids: readonly string[]) {
    const { args, options } = gitCommand(shadow, ['cat-file', '--batch']);
    const child = spawn('git', args, { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    this.#chunks = (child.stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#coming = this.#ask();
    this.#ended = once(child, 'close');
    this.#ended.catch(() => undefined); // an end too early is told by what is read
    child.stdin.on('error', () => undefined);
    child.stdin.end(ids.map((id) => `${id}\n`).join(''));
  }

  /**
   * Hands the next blob to `take`, piece by piece; for the blob with no bytes it is not called. When `take` throws, the rest is passed
   * over and the error is thrown at the end, so that the next blob can be read.
   */
  async next(id: string, take: (piece: Buffer) => void): Promise<BlobRead> {
    const header = await this.#line();
    const size = / blob (\d+)$/.exec(header)?.[1];
    if (size === undefined) return 'missing';
    const hash = createHash('sha1').update(`blob ${size}\0`);
    let failed: { error: unknown } | undefined;
    await this.#bytes(Number(size), (piece) => {
      hash.update(piece);
      if (failed) return;
      try {
        take(piece);
      } catch (error) {
        failed = { error };
      }
    });
    await this.#bytes(1, () => undefined);
    if (failed) throw failed.error;
    return hash.digest('hex') === id ? 'whole' : 'damaged';
  }

  /** Ends git, also in the middle. */
  async close(): Promise<void> {
    this.#child.stdout?.destroy(); // unread, it would never be closed
    this.#child.kill('SIGKILL');
    await this.#ended.catch(() => undefined);
  }

  async #line(): Promise<string> {
    let end = this.#left.indexOf(10);
    for (; end < 0; end = this.#left.indexOf(10)) this.#left = Buffer.concat([this.#left, await this.#more()]);
    const line = this.#left.toString('latin1', 0, end);
    this.#left = this.#left.subarray(end + 1);
    return line;
  }

  async #bytes(count: number, take: (piece: Buffer) => void): Promise<void> {
    for (let missing = count; missing > 0; ) {
      if (this.#left.length === 0) this.#left = await this.#more();
      const piece = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(piece.length);
      missing -= piece.length;
      take(piece);
    }
  }

  async #more(): Promise<Buffer> {
    const coming = await this.#coming;
    if (coming.done) throw new HostError('internal', 'git cat-file ended too early');
    this.#coming = this.#ask();
    return coming.value;
  }

  #ask(): Promise<IteratorResult<Buffer>> {
    const coming = this.#chunks.next();
    coming.catch(() => undefined); // thrown where it is waited for
    return coming;
  }
}
