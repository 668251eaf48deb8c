/**
 * Writes git objects into a shadow repository, loose and uncompressed. Content is hashed as it was read, so a file that changes
 * meanwhile can neither fail a snapshot nor corrupt it; an object is whole or absent; any number of processes may write at once.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createDeflate, deflateSync } from 'node:zlib';

export type ObjectType = 'blob' | 'tree' | 'commit';

const header = (type: ObjectType, size: number): Buffer => Buffer.from(`${type} ${size}\0`);

export class ObjectStore {
  readonly #objects: string;
  readonly #known = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #unique = randomBytes(12).toString('hex');
  #count = 0;

  constructor(gitDir: string) {
    this.#objects = join(gitDir, 'objects');
  }

  /** Id of the object, written unless it is there. */
  write(type: ObjectType, content: Buffer): string {
    const head = header(type, content.length);
    const id = createHash('sha1').update(head).update(content).digest('hex');
    if (!this.#has(id)) {
      const temporary = this.#temporary();
      writeFileSync(temporary, deflateSync(Buffer.concat([head, content]), { level: 0 }), { mode: 0o400 });
      this.#place(temporary, id);
    }
    return id;
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
      this.#place(temporary, id);
      return id;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  // An empty file is what a crash of the machine may leave of an object.
  #has(id: string): boolean {
    if (this.#known.has(id)) return true;
    const present = (statSync(this.#path(id), { throwIfNoEntry: false })?.size ?? 0) > 0;
    if (present) this.#known.add(id);
    return present;
  }

  #place(temporary: string, id: string): void {
    const folder = id.slice(0, 2);
    if (!this.#folders.has(folder)) mkdirSync(join(this.#objects, folder), { recursive: true, mode: 0o700 });
    this.#folders.add(folder);
    renameSync(temporary, this.#path(id));
    this.#known.add(id);
  }

  #path(id: string): string {
    return `${this.#objects}/${id.slice(0, 2)}/${id.slice(2)}`;
  }

  #temporary(): string {
    return join(this.#objects, `tmp_obj_${this.#unique}_${(this.#count += 1)}`);
  }
}

export interface TreeItem {
  /** `100644`, `100755`, `120000` or `40000`. */
  mode: string;
  name: Buffer;
  id: string;
}

/** Content of a tree object: sorted as git sorts, a folder as if its name ended in a slash. */
export function treeContent(items: TreeItem[]): Buffer {
  const sorted = items.map((item) => ({ item, key: item.mode === '40000' ? Buffer.concat([item.name, Buffer.from('/')]) : item.name }));
  sorted.sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(sorted.flatMap(({ item: { mode, name, id } }) => [Buffer.from(`${mode} `), name, Buffer.from([0]), Buffer.from(id, 'hex')]));
}
