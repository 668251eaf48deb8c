/**
 * Writes git objects into a shadow repository. Content is hashed as it was read, so a file that changes meanwhile can neither fail a
 * snapshot nor corrupt it; an object is whole or absent; any number of processes may write at once. Many objects become one pack, few
 * become loose ones; all of them uncompressed, for a snapshot is waited for: a compaction compresses.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import { errorText, HostError } from '../host-error.ts';
import { Arena } from './arena.ts';
import { LooseIds } from './loose-ids.ts';
import { writePack } from './pack-file.ts';
import { PackedIds } from './packed-ids.ts';
import { stored } from './stored-deflate.ts';

export type ObjectType = 'blob' | 'tree' | 'commit';

export interface NewObject {
  type: ObjectType;
  content: Buffer;
}

/** With more objects a pack is quicker to write than so many files, and smaller. */
const MOST_LOOSE = 48;
const FULL_BYTES = 4 * 1024 * 1024;
const FULL_OBJECTS = 10_000;

const header = (type: ObjectType, size: number): Buffer => Buffer.from(`${type} ${size}\0`);

export class ObjectStore {
  readonly #objects: string;
  readonly #loose: LooseIds;
  readonly #packed: PackedIds;
  readonly #arena = new Arena();
  readonly #known = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #unique = randomBytes(12).toString('hex');
  #count = 0;
  /** Not written yet. */
  #new = new Map<string, NewObject>();
  #newBytes = 0;

  constructor(gitDir: string) {
    this.#objects = join(gitDir, 'objects');
    this.#loose = new LooseIds(this.#objects);
    this.#packed = new PackedIds(join(this.#objects, 'pack'));
  }

  /** Id of the object. It is there after the next `flush`; the buffer may be used for something else at once. */
  write(type: ObjectType, content: Buffer): string {
    const id = createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
    if (this.#new.has(id) || this.has(id)) return id;
    this.#new.set(id, { type, content: this.#arena.copy(content) });
    this.#newBytes += content.length;
    return id;
  }

  /** Keeps what waits to be written within bounds. */
  flushIfFull(): Promise<void> | undefined {
    return this.#newBytes >= FULL_BYTES || this.#new.size >= FULL_OBJECTS ? this.flush() : undefined;
  }

  /** Writes what waits. What cannot be written is forgotten: whoever asked for it has failed. */
  async flush(): Promise<void> {
    const objects = this.#new;
    this.#new = new Map();
    this.#newBytes = 0;
    if (objects.size === 0) return;
    try {
      if (objects.size > MOST_LOOSE) this.#packed.leaveOut(await writePack(join(this.#objects, 'pack'), objects));
      else for (const [id, object] of objects) this.#writeLoose(id, object);
    } catch (error) {
      throw storeFault(error);
    } finally {
      this.#arena.reset();
    }
    for (const id of objects.keys()) this.#known.add(id);
  }

  /** Id of a blob of exactly `size` bytes read from `fd`, without holding it in memory; undefined when the file has become shorter. */
  async writeLarge(fd: number, size: number): Promise<string | undefined> {
    const temporary = this.#temporary();
    const hash = createHash('sha1').update(header('blob', size));
    let read = 0;
    async function* content(): AsyncGenerator<Buffer> {
      yield header('blob', size);
      for await (const chunk of createReadStream('', { fd, autoClose: false, start: 0, end: size - 1 }) as AsyncIterable<Buffer>) {
        read += chunk.length;
        hash.update(chunk);
        yield chunk;
      }
    }
    try {
      await pipeline(content(), createDeflate({ level: 0 }), createWriteStream(temporary, { mode: 0o400 }));
      if (read !== size) return undefined;
      const id = hash.digest('hex');
      if (!this.has(id)) this.#place(temporary, id);
      return id;
    } catch (error) {
      throw storeFault(error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Whether the object is stored. */
  has(id: string): boolean {
    if (this.#known.has(id)) return true;
    const present = this.#loose.has(id) || this.#packed.has(id);
    if (present) this.#known.add(id);
    return present;
  }

  /** A snapshot is over: what it wrote is found where it lies, and need not be kept in mind. */
  endSnapshot(): void {
    this.#known.clear();
    this.#loose.forget();
    this.#packed.forget();
  }

  /** Something may have been taken away: what is there has to be looked up again. */
  forget(): void {
    this.endSnapshot();
    this.#folders.clear();
  }

  #writeLoose(id: string, { type, content }: NewObject): void {
    const temporary = this.#temporary();
    writeFileSync(temporary, Buffer.concat([...stored(Buffer.concat([header(type, content.length), content]))]), { mode: 0o400 });
    this.#place(temporary, id);
  }

  #place(temporary: string, id: string): void {
    const folder = id.slice(0, 2);
    if (!this.#folders.has(folder)) mkdirSync(join(this.#objects, folder), { recursive: true, mode: 0o700 });
    this.#folders.add(folder);
    renameSync(temporary, this.#loose.path(id));
    this.#known.add(id);
  }

  #temporary(): string {
    return join(this.#objects, `tmp_obj_${this.#unique}_${(this.#count += 1)}`);
  }
}

/** Never taken for something that happened to the file that was read. */
function storeFault(error: unknown): unknown {
  return error instanceof HostError ? error : new HostError('internal', `the store of the checkpoints cannot be written: ${errorText(error)}`);
}

export interface TreeItem {
  /** `100644`, `100755`, `120000` or `40000`. */
  mode: string;
  /** Byte string. */
  name: string;
  id: string;
}

/** Content of a tree object: sorted as git sorts, a folder as if its name ended in a slash. */
export function treeContent(items: TreeItem[]): Buffer {
  const sorted = items.map((item) => ({ item, key: item.mode === '40000' ? `${item.name}/` : item.name }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  return Buffer.concat(sorted.flatMap(({ item: { mode, name, id } }) => [Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(id, 'hex')]));
}
