/**
 * Random operations on a folder, the same ones for the same seed: what agents, builds and people do to files, and what nobody
 * should. Paths are bytes. An operation whose path has gone meanwhile does nothing; the folder stays small.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync, chmodSync, linkSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import { pick } from './random.ts';

/** Names that have broken snapshots somewhere; some are no UTF-8, some differ only in their Unicode form. */
export const ODD_NAMES: readonly Buffer[] = [
  'with space', ' leading', 'trailing ', 'new\nline', '-rf', '--', '*?[a]', `'"`, '\\x41', 'back\\slash', 'tab\there', ':(glob)', '#', '~', 'caf\u00e9', 'cafe\u0301', '日本語', 'a'.repeat(200),
  '.gitignore', '.gitattributes', '.gitmodules', 'git~1', 'CON', 'upper', 'UPPER', '.hidden', '…', '%s', '$HOME',
].map((name) => Buffer.from(name)).concat([Buffer.from([0x66, 0xff, 0x66]), Buffer.from([0xc3]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0x01, 0x7f])]);

const GONE = new Set(['ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY', 'EINVAL', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'EXDEV']);
const MODES = [0o644, 0o755, 0o600, 0o700, 0o664, 0o444];
const MOST_FILES = 300;

type Operation = (by: TreeOperations) => void;

/** How often each is chosen, of all. */
const WEIGHTS: Readonly<Record<string, [number, Operation]>> = {
  create: [18, (by) => by.create()],
  write: [20, (by) => by.write()],
  append: [14, (by) => by.append()],
  truncate: [6, (by) => by.truncate()],
  rename: [10, (by) => by.rename()],
  renameFolder: [4, (by) => by.renameFolder()],
  remove: [12, (by) => by.remove()],
  removeFolder: [2, (by) => by.removeFolder()],
  folder: [5, (by) => by.folder()],
  symlink: [4, (by) => by.symlink()],
  hardLink: [3, (by) => by.hardLink()],
  chmod: [5, (by) => by.chmod()],
  replaceKind: [2, (by) => by.replaceKind()],
  repository: [0.2, (by) => by.repository()],
};
const TOTAL = Object.values(WEIGHTS).reduce((sum, [weight]) => sum + weight, 0);

export class TreeOperations {
  readonly #root: Buffer;
  readonly #random: () => number;
  #files: Buffer[] = [];
  #folders: Buffer[] = [Buffer.alloc(0)];
  #count = 0;

  /** `root` exists. `random`: see random.ts. */
  constructor(root: string, random: () => number) {
    this.#root = Buffer.from(root);
    this.#random = random;
  }

  /** Carries out one operation and tells which. */
  next(): string {
    const [name, operation] = this.#files.length > MOST_FILES ? (['remove', WEIGHTS.remove?.[1]] as const) : this.#choose();
    try {
      operation?.(this);
    } catch (error) {
      if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    return name;
  }

  create(): void {
    const path = this.#newPath();
    writeFileSync(this.#at(path), this.#content());
    this.#files.push(path);
  }

  write(): void {
    this.#onFile((at) => writeFileSync(at, this.#content()));
  }

  append(): void {
    this.#onFile((at) => appendFileSync(at, this.#content()));
  }

  truncate(): void {
    this.#onFile((at) => truncateSync(at, Math.floor(this.#random() * 40)));
  }

  rename(): void {
    const to = this.#newPath();
    this.#onFile((at, path) => {
      renameSync(at, this.#at(to));
      this.#files = [...this.#files.filter((one) => !one.equals(path)), to];
    });
  }

  renameFolder(): void {
    const [from, to] = [this.#subfolder(), this.#newPath()];
    if (!from) return;
    renameSync(this.#at(from), this.#at(to));
    const moved = (path: Buffer): Buffer => (isUnder(path, from) ? Buffer.concat([to, path.subarray(from.length)]) : path);
    this.#files = this.#files.map(moved);
    this.#folders = this.#folders.map(moved);
  }

  remove(): void {
    this.#onFile((at, path) => {
      rmSync(at, { recursive: true, force: true });
      this.#forget(path);
    });
  }

  removeFolder(): void {
    const path = this.#subfolder();
    if (!path) return;
    rmSync(this.#at(path), { recursive: true, force: true });
    this.#forget(path);
  }

  folder(): void {
    const path = this.#newPath();
    mkdirSync(this.#at(path));
    this.#folders.push(path);
  }

  /** To another path, to nothing, to itself, out of the folder. */
  symlink(): void {
    const path = this.#newPath();
    const target = pick(this.#random, [Buffer.from('nowhere'), Buffer.from('.'), Buffer.from('/etc/hostname'), path, ...this.#files.slice(0, 3)]);
    symlinkSync(target, this.#at(path));
    this.#files.push(path);
  }

  hardLink(): void {
    const to = this.#newPath();
    this.#onFile((at) => {
      linkSync(at, this.#at(to));
      this.#files.push(to);
    });
  }

  chmod(): void {
    // Through a link it would change a file outside.
    this.#onFile((at) => (isLink(at) ? undefined : chmodSync(at, pick(this.#random, MODES))));
  }

  /** A folder where a file was. */
  replaceKind(): void {
    this.#onFile((at, path) => {
      rmSync(at, { recursive: true, force: true });
      this.#forget(path);
      mkdirSync(at);
      this.#folders.push(path);
    });
  }

  /** A repository of its own, with hooks and attributes that nobody may heed. */
  repository(): void {
    const path = this.#newPath();
    mkdirSync(this.#at(path));
    this.#folders.push(path);
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
    execFileSync('git', ['init', '--quiet'], { cwd: this.#at(path).toString(), env, stdio: 'ignore' });
  }

  #choose(): readonly [string, Operation] {
    let at = this.#random() * TOTAL;
    for (const [name, [weight, operation]] of Object.entries(WEIGHTS)) if ((at -= weight) < 0) return [name, operation];
    throw new Error('the weights do not add up');
  }

  #onFile(work: (at: Buffer, path: Buffer) => void): void {
    const path = this.#files.length > 0 ? pick(this.#random, this.#files) : undefined;
    if (!path) return;
    try {
      // Nothing is written through a link: its target may be outside.
      work(isLink(this.#at(path)) ? this.#unlinked(path) : this.#at(path), path);
    } catch (error) {
      this.#forget(path);
      throw error;
    }
  }

  #unlinked(path: Buffer): Buffer {
    rmSync(this.#at(path), { force: true });
    return this.#at(path);
  }

  #forget(path: Buffer): void {
    this.#files = this.#files.filter((one) => !one.equals(path) && !isUnder(one, path));
    this.#folders = this.#folders.filter((one) => one.length === 0 || (!one.equals(path) && !isUnder(one, path)));
  }

  #subfolder(): Buffer | undefined {
    const path = pick(this.#random, this.#folders);
    return path.length > 0 ? path : undefined;
  }

  #newPath(): Buffer {
    const folder = pick(this.#random, this.#folders);
    const name = this.#random() < 0.15 ? pick(this.#random, ODD_NAMES) : Buffer.from(`n${(this.#count += 1) % 500}`);
    return folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name]);
  }

  #content(): string {
    const lines = Math.floor(this.#random() * 20);
    return Array.from({ length: lines }, () => `${Math.floor(this.#random() * 1e6)}${this.#random() < 0.1 ? '\r' : ''}\n`).join('');
  }

  #at(path: Buffer): Buffer {
    return Buffer.concat([this.#root, Buffer.from('/'), path]);
  }
}

const isUnder = (path: Buffer, folder: Buffer): boolean => path.subarray(0, folder.length + 1).equals(Buffer.concat([folder, Buffer.from('/')]));

function isLink(path: Buffer): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
