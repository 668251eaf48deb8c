/** Which objects lie in the packs of a repository: their indexes (version 2), read when they are first asked. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host-error.ts';

const HEAD_BYTES = 8;
const FAN_OUT_BYTES = 1024;
const ID_BYTES = 20;

export class PackedIds {
  readonly #folder: string;
  #indexes = new Map<string, Buffer>();
  #seenMs = Number.NaN;
  /** Indexes of packs whose objects are known otherwise. */
  readonly #leftOut = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  has(id: string): boolean {
    this.#look();
    const bytes = Buffer.from(id, 'hex');
    for (const index of this.#indexes.values()) if (isIn(index, bytes)) return true;
    return false;
  }

  /** Until the next `forget`. */
  leaveOut(name: string): void {
    this.#leftOut.add(name);
  }

  forget(): void {
    this.#leftOut.clear();
    this.#seenMs = Number.NaN;
  }

  /** Packs come and go rarely: their folder says when. */
  #look(): void {
    const seenMs = statSync(this.#folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (seenMs === this.#seenMs) return;
    const names = seenMs === 0 ? [] : readdirSync(this.#folder);
    const packs = new Set(names.filter((name) => name.endsWith('.pack')));
    const kept = names.filter((name) => name.endsWith('.idx') && !this.#leftOut.has(name) && packs.has(name.replace(/idx$/, 'pack')));
    this.#indexes = new Map(kept.map((name) => [name, this.#indexes.get(name) ?? this.#read(name)]));
    this.#seenMs = seenMs;
  }

  #read(name: string): Buffer {
    try {
      return readFileSync(join(this.#folder, name));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return Buffer.alloc(HEAD_BYTES + FAN_OUT_BYTES);
      throw error;
    }
  }
}

/** Bounded by the fan-out table of first bytes, then halved; four bytes tell nearly always. */
function isIn(index: Buffer, id: Buffer): boolean {
  const first = id[0] as number;
  const start = id.readUInt32BE();
  let low = first === 0 ? 0 : index.readUInt32BE(HEAD_BYTES + (first - 1) * 4);
  let high = index.readUInt32BE(HEAD_BYTES + first * 4);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = HEAD_BYTES + FAN_OUT_BYTES + middle * ID_BYTES;
    const order = index.readUInt32BE(at) - start || index.compare(id, 0, ID_BYTES, at, at + ID_BYTES);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}
