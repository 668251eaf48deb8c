/** Writes a pack and its index (gitformat-pack(5), both of version 2): many objects in two files, whole or absent. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewObject, ObjectType } from './object-store.ts';
import { crc32, stored } from './stored-deflate.ts';

const TYPE: Record<ObjectType, number> = { commit: 1, tree: 2, blob: 3 };

interface Packed {
  id: string;
  crc: number;
  offset: number;
}

/** Name of the index. It comes last: it is what makes a pack one. Same name, same bytes. */
export async function writePack(folder: string, objects: Map<string, NewObject>): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pack = new SummedFile(folder);
  const index = new SummedFile(folder);
  try {
    const packed = putObjects(pack, objects);
    const sum = pack.end();
    putIndex(index, packed, sum);
    index.end();
    const name = `pack-${sum.toString('hex')}`;
    await pack.place(join(folder, `${name}.pack`));
    await index.place(join(folder, `${name}.idx`));
    return `${name}.idx`;
  } finally {
    await pack.discard();
    await index.discard();
  }
}

function putObjects(pack: SummedFile, objects: Map<string, NewObject>): Packed[] {
  pack.put(numbers(0x5041434b, 2, objects.size)); // PACK
  const packed: Packed[] = [];
  for (const [id, object] of objects) {
    const offset = pack.size;
    const head = entryHead(object);
    pack.put(head);
    let crc = crc32(head);
    for (const piece of stored(object.content)) {
      pack.put(piece);
      crc = crc32(piece, crc);
    }
    packed.push({ id, crc, offset });
  }
  return packed.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Type and size: four bits of the size, then seven at a time, the lowest first. */
function entryHead({ type, content }: NewObject): Buffer {
  const bytes: number[] = [];
  let byte = (TYPE[type] << 4) | (content.length & 0x0f);
  for (let rest = Math.floor(content.length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
  }
  return Buffer.from([...bytes, byte]);
}

function putIndex(index: SummedFile, packed: Packed[], packSum: Buffer): void {
  const fanOut = new Uint32Array(256);
  for (const { id } of packed) for (let n = Number.parseInt(id.slice(0, 2), 16); n < 256; n += 1) fanOut[n] = (fanOut[n] ?? 0) + 1;
  index.put(numbers(0xff744f63, 2, ...fanOut));
  for (const { id } of packed) index.put(Buffer.from(id, 'hex'));
  index.put(numbers(...packed.map(({ crc }) => crc)));
  index.put(numbers(...packed.map(({ offset }) => offset)));
  index.put(packSum);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, n) => bytes.writeUInt32BE(value, n * 4));
  return bytes;
}

const BUFFER_BYTES = 256 * 1024;

/** A file that ends in the SHA-1 of what is before. Written under another name until it is complete. */
class SummedFile {
  readonly #temporary: string;
  readonly #fd: number;
  readonly #hash = createHash('sha1');
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;
  #written = 0;
  #isOpen = true;

  constructor(folder: string) {
    this.#temporary = join(folder, `tmp_pack_${randomBytes(12).toString('hex')}`);
    this.#fd = openSync(this.#temporary, 'wx', 0o400);
  }

  get size(): number {
    return this.#written + this.#used;
  }

  put(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(this.#buffer, this.#used, at);
      at += copied;
      this.#used += copied;
      if (this.#used === BUFFER_BYTES) this.#flush();
    }
  }

  /** Adds the sum, and answers it. */
  end(): Buffer {
    this.#flush();
    const sum = this.#hash.digest();
    writeAll(this.#fd, sum);
    this.#close();
    return sum;
  }

  /** Synced first, unlike a loose object: a broken pack would be the end of many. */
  async place(file: string): Promise<void> {
    const handle = await open(this.#temporary, 'r');
    await handle.sync().finally(() => handle.close());
    renameSync(this.#temporary, file);
  }

  async discard(): Promise<void> {
    this.#close();
    await rm(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#hash.update(bytes);
    writeAll(this.#fd, bytes);
    this.#written += this.#used;
    this.#used = 0;
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
