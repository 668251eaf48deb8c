/**
 * Walks one folder after the other. What nothing was done to since the last scan is only looked at; all else is opened folder by folder
 * and never through a link, so nothing outside is read. Lets other work run every few milliseconds.
 */
import { lstatSync, type Stats } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { errorCode } from '../host-error.ts';
import {
  blankRecord, copyEntry, copyRecord, finishRecord, isUnchanged, KIND, modeAt, setEntry, setGone, setLeftOutByName, setRefused, type FolderRecord,
} from './folder-record.ts';
import { listNames, QUIETLY, type Listing } from './folder-names.ts';
import type { ObjectStore } from './object-store.ts';
import { OpenFolder } from './open-folder.ts';
import { shownPath, systemPath } from './path-text.ts';
import { ENTER, READ, readBorrowed, tryBorrow } from './read-borrowed.ts';
import { readFileInto, readLinkInto, type EntryRead } from './read-entry.ts';

export interface ScanOptions {
  isExcluded: (shownPath: string) => boolean;
  maxFileBytes: number;
  /** Files and folders that this user owns and has locked for himself are read all the same. */
  borrow?: boolean;
  /** Byte paths that are looked at again, whatever their stat says. */
  distrusted?: ReadonlySet<string>;
  /** The same for options that leave out the same. */
  key: string;
}

export interface Scan extends Omit<ScanOptions, 'key'> {
  /** Byte path of the workspace. */
  root: string;
  store: ObjectStore;
  /** See `trustedDevice`. */
  device: number | null;
  /** What has changed since then, in milliseconds of the clock, is looked at again by the next scan. */
  settledBefore: number;
  sameOptions: boolean;
  breatheAt: number;
}

export const SLICE_MS = 8;
/** How often the clock is looked at, in entries. */
const SLICE_ENTRIES = 64;
/** Of a folder: with a name behind it, a longer one cannot be opened (PATH_MAX, NAME_MAX). */
const LONGEST_PATH = 4095 - 256;

/** Why there is no record of a folder. */
type Refused = 'gone' | 'unreadable' | 'too long';

const REFUSED: Record<Exclude<Refused, 'gone'>, string> = {
  unreadable: 'cannot be read by this user',
  'too long': `the path is longer than ${LONGEST_PATH} bytes`,
};

/** `path` is that of the folder below the workspace, empty or ending in a slash. */
export async function scanFolder(scan: Scan, path: string, known: FolderRecord | undefined): Promise<FolderRecord | Refused> {
  const place = `${scan.root}/${path}`;
  if (place.length > LONGEST_PATH) return 'too long';
  const folder = new OpenFolder(scan.root, path);
  try {
    const walk = new FolderWalk(scan, folder, listNames(place, known, scan), known);
    await walk.entries();
    folder.close();
    await walk.folders();
    return walk.end();
  } catch (error) {
    return refused(error);
  } finally {
    folder.close();
  }
}

function refused(error: unknown): Refused {
  const code = errorCode(error) ?? '';
  if (['EACCES', 'EPERM'].includes(code)) return 'unreadable';
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE'].includes(code)) return 'gone';
  if (code === 'ENAMETOOLONG') return 'too long';
  throw error;
}

function sameNames(a: string[], b: string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

// Git itself refuses every spelling.
const isGitName = (name: string): boolean => name.length === 4 && name.toLowerCase() === '.git';

async function pause(scan: Scan): Promise<void> {
  await breathe();
  scan.breatheAt = performance.now() + SLICE_MS;
}

/** One pass over one folder. */
class FolderWalk {
  readonly #scan: Scan;
  readonly #folder: OpenFolder;
  readonly #place: string;
  readonly #known: FolderRecord | undefined;
  /** Where a name stood in the known record; undefined when all stand where they stood. */
  readonly #places: Map<string, number> | undefined;
  /** The known record itself until something differs from it. */
  #record: FolderRecord;

  constructor(scan: Scan, folder: OpenFolder, { names, listed }: Listing, known: FolderRecord | undefined) {
    this.#scan = scan;
    this.#folder = folder;
    this.#place = `${scan.root}/${folder.path}`;
    this.#known = known;
    if (known && scan.sameOptions && sameNames(known.names, names)) {
      this.#record = known;
      known.listed = listed; // what it was made of is as it was, and is known as of now
    } else {
      this.#record = blankRecord(names, listed);
      this.#places = new Map(known?.names.map((name, at) => [name, at]));
    }
  }

  /** All but what is in the folders below. */
  async entries(): Promise<void> {
    const { names } = this.#record;
    for (let at = 0; at < names.length; at += 1) {
      if (!this.#keepUnchanged(at, names[at] ?? '')) {
        const reading = this.#look(at, names[at] ?? '');
        if (reading) await reading;
      }
      if (at % SLICE_ENTRIES === 0 && performance.now() > this.#scan.breatheAt) await pause(this.#scan);
    }
  }

  async folders(): Promise<void> {
    const { names, kinds } = this.#record;
    for (let at = 0; at < names.length; at += 1) {
      if (kinds[at] !== KIND.folder) continue;
      const known = this.#known?.below.get(this.#knownAt(at, names[at] ?? ''));
      const below = await this.#borrowed(at, () => scanFolder(this.#scan, `${this.#folder.path}${names[at]}/`, known));
      if (typeof below === 'object') this.#putBelow(at, below);
      else this.#refuse(at, below);
    }
  }

  end(): FolderRecord {
    if (this.#record !== this.#known) finishRecord(this.#record, this.#scan.store);
    return this.#record;
  }

  #knownAt(at: number, name: string): number {
    return this.#places ? (this.#places.get(name) ?? -1) : at;
  }

  /** What was left out is only told again under the options it was left out for. */
  #keepUnchanged(at: number, name: string): boolean {
    const known = this.#known;
    const knownAt = this.#knownAt(at, name);
    if (!known || knownAt < 0 || this.#scan.distrusted?.has(this.#folder.path + name)) return false;
    const kind = known.kinds[knownAt];
    if (!this.#scan.sameOptions && (kind === KIND.leftOut || kind === KIND.leftOutByName || this.#mustLeaveOut(name))) return false;
    if (kind !== KIND.leftOutByName) {
      const stat = lstatSync(systemPath(this.#place + name), QUIETLY);
      if (!stat || kind === KIND.gone || !isUnchanged(known, knownAt, stat)) return false;
      if (!this.#scan.sameOptions && stat.isFile() && stat.size > this.#scan.maxFileBytes) return false;
    }
    if (this.#record !== known) copyEntry(known, knownAt, this.#record, at);
    return true;
  }

  #mustLeaveOut(name: string): boolean {
    return isGitName(name) || this.#scan.isExcluded(shownPath(this.#folder.path + name));
  }

  /** The record to change. */
  #own(): FolderRecord {
    if (this.#record === this.#known) this.#record = copyRecord(this.#record);
    return this.#record;
  }

  /** Looks at the entry itself, through folders that were opened one in the other. */
  #look(at: number, name: string): Promise<void> | undefined {
    const record = this.#own();
    const path = this.#folder.path + name;
    // The workspace's own is never a surprise and not told.
    if (isGitName(name)) return void setLeftOutByName(record, at, path === '.git' ? undefined : 'repository data');
    if (this.#scan.isExcluded(shownPath(path))) return void setLeftOutByName(record, at, 'excluded');
    const place = this.#folder.place(name);
    const stat = lstatSync(place, QUIETLY);
    if (!stat) return void setGone(record, at);
    if (stat.isFile()) return this.#file(at, place, stat);
    if (stat.isSymbolicLink()) this.#put(at, KIND.link, readLinkInto(this.#scan.store, place, stat));
    else if (stat.isDirectory()) setEntry(record, at, { kind: KIND.folder, stat, isSettled: false });
    else setEntry(record, at, { kind: KIND.leftOut, stat, reason: 'neither file, folder nor link', isSettled: this.#isSettled(stat) });
    return undefined;
  }

  #file(at: number, place: string | Buffer, stat: Stats): Promise<void> | undefined {
    const { maxFileBytes, store } = this.#scan;
    if (stat.size > maxFileBytes) {
      const reason = `${stat.size} bytes, more than ${maxFileBytes}`;
      return void setEntry(this.#own(), at, { kind: KIND.leftOut, stat, reason, isSettled: this.#isSettled(stat) });
    }
    const isLocked = this.#scan.borrow && (stat.mode & READ) === 0;
    const read = isLocked ? readBorrowed(store, place, stat) : readFileInto(store, place, stat);
    if (read instanceof Promise) return read.then((done) => this.#put(at, KIND.file, done)).then(() => store.flushIfFull());
    this.#put(at, KIND.file, read);
    return store.flushIfFull();
  }

  #put(at: number, kind: typeof KIND.file | typeof KIND.link, read: EntryRead): void {
    const record = this.#own();
    if (read.kind === 'vanished') setGone(record, at);
    else if (read.kind === 'notCovered') setEntry(record, at, { kind: KIND.leftOut, stat: read.stat, reason: read.reason, isSettled: false });
    else setEntry(record, at, { kind, stat: read.stat, id: read.id, isSettled: this.#isSettled(read.stat) });
  }

  /** A folder that its owner has locked for himself is opened for that long. */
  async #borrowed<T>(at: number, work: () => Promise<T>): Promise<T> {
    if (!this.#scan.borrow || (modeAt(this.#record, at) & ENTER) === ENTER) return work();
    const place = this.#folder.place(this.#record.names[at] ?? '');
    const stat = lstatSync(place, QUIETLY);
    const giveBack = stat?.isDirectory() ? tryBorrow(place, stat, ENTER) : undefined;
    this.#folder.close();
    return work().finally(giveBack);
  }

  #putBelow(at: number, below: FolderRecord): void {
    if (this.#record.below.get(at) === below && this.#record.kinds[at] === KIND.folder) return;
    this.#own().below.set(at, below);
  }

  #refuse(at: number, why: Refused): void {
    if (why === 'gone') setGone(this.#own(), at);
    else setRefused(this.#own(), at, REFUSED[why]);
  }

  #isSettled(stat: Stats): boolean {
    return stat.ctimeMs < this.#scan.settledBefore;
  }
}
