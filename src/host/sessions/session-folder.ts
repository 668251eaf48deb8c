/**
 * The folder of an agent's transcripts, and one file in it. Whatever runs as the agent's user can put links there: below the
 * agent's own folder none is followed, from one open directory to the next, so that nothing else is read or written.
 */
import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionFile } from '../../domain/host-sessions.ts';
import { errorCode, HostError } from '../host-error.ts';

export interface SessionRoots {
  home: string;
  state: string;
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** A name in an open directory, whatever has become of the path that led there. */
export const inside = (directory: number, name: string): string => `/proc/self/fd/${directory}/${name}`;

const isName = (name: unknown): name is string => typeof name === 'string' && /^[^/\0]+$/.test(name) && name !== '.' && name !== '..';

/** Throws `bad_input` for a path that could lead elsewhere. */
export function checkSessionFile(file: SessionFile): void {
  const parts = [...file.base.split('/'), ...file.folder.split('/'), file.subfolder, file.name];
  if ((file.root !== 'home' && file.root !== 'state') || !parts.every(isName)) throw new HostError('bad_input', 'not the path of a session file');
}

/** `open` is undefined where it is not there; what is open is closed after `work`. */
function within<T>(path: string, flags: number, work: (fd: number | undefined) => T): T {
  let fd: number | undefined;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    if (!ABSENT.has(errorCode(error) ?? '')) throw error;
  }
  try {
    return work(fd);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function descend<T>(fd: number, names: readonly string[], make: boolean, work: (fd: number | undefined) => T): T {
  const [name, ...rest] = names;
  if (name === undefined) return work(fd);
  if (make) makeDirectory(inside(fd, name));
  return within(inside(fd, name), DIRECTORY, (next) => (next === undefined ? work(undefined) : descend(next, rest, make, work)));
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Where the way to the file begins, and the names from there that may not be links. */
function startOf({ home, state }: SessionRoots, { root, base, folder }: SessionFile, make: boolean): { start: string; names: string[] } {
  if (root === 'state') return { start: state, names: [...base.split('/'), ...folder.split('/')] };
  const own = join(home, base);
  if (make) mkdirSync(own, { recursive: true, mode: 0o700 });
  return { start: real(own), names: folder.split('/') };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (ABSENT.has(errorCode(error) ?? '')) return path;
    throw error;
  }
}

/** With the folder open that holds the folders of transcripts; undefined where there is none. `make`: it is made. */
export function withSessionFolder<T>(roots: SessionRoots, file: SessionFile, make: boolean, work: (folder: number | undefined) => T): T {
  const { start, names } = startOf(roots, file, make);
  return within(start, DIRECTORY, (fd) => (fd === undefined ? work(undefined) : descend(fd, names, make, work)));
}

/** With that subfolder open, which is made. */
export const withSubfolder = <T>(folder: number, name: string, work: (subfolder: number | undefined) => T): T => descend(folder, [name], true, work);

/** A plain file of one name: with another, it may be anything else of the user's. */
function isOurs(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFile() && stat.nlink === 1;
}

/** With the file open; undefined where no subfolder holds one. Of several the one that was written last. */
export function withSessionFile<T>(folder: number, { name }: SessionFile, work: (fd: number | undefined) => T): T {
  const found = readdirSync(inside(folder, '.'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .map((entry) => ({ path: `${entry.name}/${name}`, at: writtenAt(folder, entry.name, name) })).filter(({ at }) => at !== undefined)
    .sort((a, b) => (b.at ?? 0) - (a.at ?? 0));
  const [newest] = found;
  if (!newest) return work(undefined);
  const [subfolder = ''] = newest.path.split('/');
  return within(inside(folder, subfolder), DIRECTORY, (fd) =>
    (fd === undefined ? work(undefined) : within(inside(fd, name), FILE, (open) => work(open !== undefined && isOurs(open) ? open : undefined))));
}

function writtenAt(folder: number, subfolder: string, name: string): number | undefined {
  return within(inside(folder, subfolder), DIRECTORY, (fd) =>
    (fd === undefined ? undefined : within(inside(fd, name), FILE, (open) => (open !== undefined && isOurs(open) ? fstatSync(open).mtimeMs : undefined))));
}
