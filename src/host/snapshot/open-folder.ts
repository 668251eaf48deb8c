/**
 * A folder below a root, opened when it is first needed: level by level, each one in the folder that was opened before, and never
 * through a link. So what is reached lies below the root, whatever others put in the folders' places meanwhile.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { systemPath } from './path-text.ts';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export class OpenFolder {
  /** Byte path below the root, empty or ending in a slash. */
  readonly path: string;
  readonly #root: string;
  #fd: number | undefined;

  constructor(root: string, path: string) {
    this.#root = root;
    this.path = path;
  }

  /** Where an entry of it is found, while it is open. Throws ENOENT, ENOTDIR or ELOOP when it is no folder any more. */
  place(name: string): string | Buffer {
    this.#fd ??= openBelow(this.#root, this.path);
    return systemPath(`/proc/self/fd/${this.#fd}/${name}`);
  }

  /** May be repeated. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function openBelow(root: string, path: string): number {
  let fd = openSync(systemPath(root), FLAGS);
  for (const name of path.split('/')) {
    if (name === '') continue;
    const parent = fd;
    try {
      fd = openSync(systemPath(`/proc/self/fd/${parent}/${name}`), FLAGS);
    } finally {
      closeSync(parent);
    }
  }
  return fd;
}
