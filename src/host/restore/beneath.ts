/**
 * Folders of a workspace, opened one below the other and never through a link. Whatever is done to a name is done through the
 * descriptor of its folder, so a level that somebody replaces by a link leads nowhere else.
 */
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { errorCode, HostError } from '../host-error.ts';
import { borrowPermission } from '../snapshot/borrow-permission.ts';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export class Beneath {
  readonly #root: number;
  #chain: { path: string; fd: number }[] = [];
  /** Folders that were opened up for the work, with the permissions they had. */
  readonly opened = new Map<string, number>();

  /** `workspace` is a real path; refused when a link has taken its place. */
  constructor(workspace: string) {
    this.#root = openSync(workspace, DIRECTORY);
    if (readlinkSync(`/proc/self/fd/${this.#root}`) === workspace) return;
    closeSync(this.#root);
    throw new HostError('workspace_missing', `workspace ${workspace} was replaced by a link`);
  }

  /** Name of an entry, through the descriptor of its folder; good until `release`. */
  place(path: string): Buffer {
    const cut = path.lastIndexOf('/');
    return nameIn(this.folder(cut < 0 ? '' : path.slice(0, cut)), path.slice(cut + 1));
  }

  /** Descriptor of a folder; '' is the workspace. */
  folder(path: string): number {
    if (path === '') return this.#root;
    const known = this.#chain.find((level) => level.path === path);
    if (known) return known.fd;
    const names = path.split('/');
    this.#keepOnly(path);
    let fd = this.#chain.at(-1)?.fd ?? this.#root;
    for (let depth = this.#chain.length; depth < names.length; depth += 1) {
      const level = names.slice(0, depth + 1).join('/');
      fd = this.#open(fd, names[depth] ?? '', level);
      this.#chain.push({ path: level, fd });
    }
    return fd;
  }

  /** Carries out `work` on an entry; where its folder does not let this user write, it is opened up first. */
  change<T>(path: string, work: (place: Buffer) => T): T {
    try {
      return work(this.place(path));
    } catch (error) {
      if (errorCode(error) !== 'EACCES' || !this.#openUp(path)) throw error;
      return work(this.place(path));
    }
  }

  /** What is opened next is opened anew from the workspace down. */
  release(): void {
    for (const { fd } of this.#chain.splice(0)) closeSync(fd);
  }

  close(): void {
    this.release();
    closeSync(this.#root);
  }

  #keepOnly(path: string): void {
    const shared = this.#chain.filter((level) => path.startsWith(`${level.path}/`)).length;
    for (const { fd } of this.#chain.splice(shared)) closeSync(fd);
  }

  #open(parent: number, name: string, path: string): number {
    const place = nameIn(parent, name);
    try {
      return openSync(place, DIRECTORY);
    } catch (error) {
      if (errorCode(error) !== 'EACCES') throw error;
      const stat = lstatSync(place);
      const giveBack = borrowPermission(place, stat, 0o700);
      if (!giveBack) throw error;
      this.opened.set(path, this.opened.get(path) ?? stat.mode & 0o7777);
      const fd = openSync(place, DIRECTORY);
      giveBack();
      fchmodSync(fd, (stat.mode & 0o7777) | 0o700);
      return fd;
    }
  }

  #openUp(path: string): boolean {
    const cut = path.lastIndexOf('/');
    if (cut < 0) return false;
    const folder = path.slice(0, cut);
    const fd = this.folder(folder);
    const { mode, uid } = fstatSync(fd);
    if (uid !== process.getuid?.() || (mode & 0o700) === 0o700) return false;
    this.opened.set(folder, this.opened.get(folder) ?? mode & 0o7777);
    fchmodSync(fd, (mode & 0o7777) | 0o700);
    return true;
  }
}

const nameIn = (folder: number, name: string): Buffer => Buffer.from(`/proc/self/fd/${folder}/${name}`, 'latin1');
