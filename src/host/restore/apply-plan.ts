/**
 * Carries a plan out. A file is written beside the one it replaces and renamed over it, so no name is ever half written and no other
 * name of the old file changes; a folder goes only when it is empty. What the system refuses is noted, and the rest goes on.
 */
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { WRITTEN_MEANWHILE } from '../../domain/restore.ts';
import { errorCode, errorText } from '../host-error.ts';
import { changeMode, openEntry } from '../snapshot/borrow-permission.ts';
import type { ShadowGit } from '../snapshot/git.ts';
import { isAsSeen, type SeenEntries } from '../snapshot/seen-entries.ts';
import type { Beneath } from './beneath.ts';
import { BlobStream } from './blob-stream.ts';
import type { Put, RestorePlan } from './plan-restore.ts';
import { temporaryName } from './temporary-name.ts';

export interface Applying {
  git: ShadowGit;
  beneath: Beneath;
  /** Throws when this restore may not go on. Asked every few milliseconds. */
  assertHeld: () => Promise<void>;
  /** Byte path → why the system refused. */
  refused: Map<string, string>;
  /** As the plan knows them. */
  seen: SeenEntries;
  /** Byte paths that somebody changed since: they stay as they are, and are added here. */
  touched: Set<string>;
}

const SLICE_MS = 8;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export async function applyPlan(on: Applying, plan: RestorePlan): Promise<void> {
  const { beneath } = on;
  await each(on, plan.remove, ({ path, folder }) => beneath.change(path, (place) => (folder ? rmdirSync(place) : unlessTouched(on, path, place, unlinkSync))));
  await each(on, plan.folders, (path) => makeFolder(beneath, path));
  const rewritten: Put[] = [];
  await each(on, plan.modes, (file) => void (setMode(beneath.place(file.path), file.mode) || rewritten.push(file)));
  await putAll(on, [...plan.files, ...rewritten]);
  await setFolderModes(on, plan.folderModes);
}

/** Undefined, or why it could not be done. */
type Work = void | string | Promise<void | string>;

/** Does `work` for each, in slices: folders are held open for one slice at most. */
async function each<T extends string | { path: string }>(on: Applying, items: readonly T[], work: (item: T) => Work): Promise<void> {
  let pauseAt = 0; // the first look is before anything is done
  for (const item of items) {
    if (performance.now() >= pauseAt) {
      on.beneath.release();
      await breathe();
      await on.assertHeld();
      pauseAt = performance.now() + SLICE_MS;
    }
    await noting(on, typeof item === 'string' ? item : item.path, () => work(item));
  }
}

async function noting({ refused }: Applying, path: string, work: () => Work): Promise<void> {
  refused.delete(path);
  try {
    const reason = await work();
    if (reason !== undefined) refused.set(path, reason);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    if (errorCode(error) !== 'ENOENT' || !isRemoval(error)) refused.set(path, wordsOf(error));
  }
}

/**
 * What somebody wrote since the plan was made is in no checkpoint: it is left alone. Between this look and the change itself there
 * are microseconds, which Linux gives no way to close for a file that others write in place.
 */
function unlessTouched({ seen, touched }: Applying, path: string, place: Buffer, change: (place: Buffer) => void): void | string {
  if (isAsSeen(seen(path), lstatSync(place, { throwIfNoEntry: false }))) return change(place);
  touched.add(path);
  return WRITTEN_MEANWHILE;
}

/** What is gone already needs not be removed. */
const isRemoval = (error: unknown): boolean => ['unlink', 'rmdir'].includes((error as NodeJS.ErrnoException).syscall ?? '');

/** Without the place, which names a descriptor. */
const wordsOf = (error: unknown): string => errorText(error).replace(/, \w+ '.*$/s, '');

function makeFolder(beneath: Beneath, path: string): void {
  beneath.change(path, (place) => {
    if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory()) return;
    mkdirSync(place, 0o700);
  });
}

/** False: the file has other names, or belongs to somebody else; it has to be written anew to have this mode alone. */
function setMode(place: Buffer, mode: number): boolean {
  const entry = openEntry(place);
  try {
    const stat = fstatSync(entry);
    if (!stat.isFile() || stat.nlink > 1) return false;
    changeMode(entry, mode);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EPERM') return false;
    throw error;
  } finally {
    closeSync(entry);
  }
}

async function putAll(on: Applying, files: readonly Put[]): Promise<void> {
  if (files.length === 0) return;
  const blobs = new BlobStream(on.git, files.map(({ id }) => id));
  try {
    await each(on, files, async (file) => {
      const put = await (file.mode === null ? putLink(on, file, blobs) : putFile(on, { ...file, mode: file.mode }, blobs));
      return put === 'missing' || put === 'damaged' ? `its content is ${put} in the store` : put;
    });
  } finally {
    await blobs.close();
  }
}

type NotPut = Exclude<Awaited<ReturnType<BlobStream['next']>>, 'whole'> | typeof WRITTEN_MEANWHILE;

async function putLink(on: Applying, { path, id }: Put, blobs: BlobStream): Promise<NotPut | void> {
  const pieces: Buffer[] = [];
  const read = await blobs.next(id, (piece) => void pieces.push(piece));
  if (read !== 'whole') return read;
  return on.beneath.change(path, (place) => unlessTouched(on, path, place, () => placeLink(place, Buffer.concat(pieces)))) as NotPut | void;
}

function placeLink(place: Buffer, target: Buffer): void {
  const temporary = beside(place);
  symlinkSync(target, temporary);
  renameOver(temporary, place);
}

async function putFile(on: Applying, { path, id, mode }: Put & { mode: number }, blobs: BlobStream): Promise<NotPut | void> {
  let open: Beside | undefined;
  const opened = (): Beside => (open ??= on.beneath.change(path, openBeside));
  try {
    const read = await blobs.next(id, (piece) => writeAll(opened().fd, piece));
    if (read !== 'whole') return read;
    fchmodSync(opened().fd, mode);
    const { temporary, place } = opened();
    return unlessTouched(on, path, place, () => renameSync(temporary, place)) as NotPut | void;
  } finally {
    if (open) endBeside(open);
  }
}

interface Beside {
  fd: number;
  temporary: Buffer;
  place: Buffer;
}

function openBeside(place: Buffer): Beside {
  const temporary = beside(place);
  return { fd: openSync(temporary, NEW_FILE, 0o600), temporary, place };
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Once it was renamed nothing is left of it. */
function endBeside({ fd, temporary }: Beside): void {
  closeSync(fd);
  rmSync(temporary, { force: true });
}

const beside = (place: Buffer): Buffer => Buffer.concat([place.subarray(0, place.lastIndexOf(47) + 1), Buffer.from(temporaryName())]);

/** The name alone is replaced; a link that is there is not followed. */
function renameOver(temporary: Buffer, place: Buffer): void {
  try {
    renameSync(temporary, place);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

/** Deepest first: a folder that is closed to this user keeps nothing below it from being set. */
async function setFolderModes(on: Applying, wanted: ReadonlyMap<string, number>): Promise<void> {
  const { beneath } = on;
  const all = [...new Map([...beneath.opened, ...wanted])].sort(([a], [b]) => (a < b ? 1 : -1)).map(([path, mode]) => ({ path, mode }));
  await each(on, all, ({ path, mode }) => setFolderMode(beneath, path, mode));
  beneath.opened.clear();
}

function setFolderMode(beneath: Beneath, path: string, mode: number): void {
  const fd = beneath.folder(path);
  if ((fstatSync(fd).mode & 0o7777) !== mode) fchmodSync(fd, mode);
}
