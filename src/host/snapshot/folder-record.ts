/**
 * What one folder looked like at the last scan, in few and flat pieces: a hundred thousand of these entries are compared within the
 * time git takes, and fit in a few megabytes. Names are byte strings, in the order the system lists them.
 */
import type { Stats } from 'node:fs';
import type { Listing } from './folder-names.ts';
import { shownPath } from './path-text.ts';
import { treeContent, type ObjectStore, type TreeItem } from './object-store.ts';

/** What an entry is in the tree. */
export const KIND = { gone: 0, file: 1, link: 2, folder: 3, leftOut: 4, leftOutByName: 5 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];

export interface FolderRecord extends Listing {
  kinds: Uint8Array;
  /** Six numbers an entry, as `SLOT` orders them. */
  stats: Float64Array;
  /** Twenty bytes an entry: the content of a file or link. */
  ids: Buffer;
  /** Why an entry is not covered, by position. */
  reasons: Map<number, string>;
  /** Records of the folders in it, by position. */
  below: Map<number, FolderRecord>;
  /** Id of its tree; empty when there is nothing in it that a tree can hold. */
  tree: string;
  /** Files and links in it and below. */
  files: number;
  bytes: number;
  /** It or something below it has to be told in the sidecar. */
  isSpecial: boolean;
}

const SLOT = { ctime: 0, mtime: 1, size: 2, ino: 3, dev: 4, mode: 5 } as const;
const SLOTS = 6;
const ID_BYTES = 20;

/** Ordinary permissions, which a tree alone restores. */
const ORDINARY: Partial<Record<Kind, readonly number[]>> = { [KIND.file]: [0o644, 0o755], [KIND.folder]: [0o755] };

export function blankRecord(names: string[], listed: Listing['listed'] = null): FolderRecord {
  const { length } = names;
  return {
    names, listed, kinds: new Uint8Array(length), stats: new Float64Array(length * SLOTS), ids: Buffer.alloc(length * ID_BYTES),
    reasons: new Map(), below: new Map(), tree: '', files: 0, bytes: 0, isSpecial: false,
  };
}

/** A copy that may be changed; what it remembers is shared until then. */
export function copyRecord(record: FolderRecord): FolderRecord {
  const { kinds, stats, ids, reasons, below } = record;
  return { ...record, kinds: kinds.slice(), stats: stats.slice(), ids: Buffer.from(ids), reasons: new Map(reasons), below: new Map(below) };
}

/**
 * Whether nothing was done to the entry since it was recorded. The times hold fractions of a microsecond: what was settled then
 * cannot have changed within one.
 */
export function isUnchanged({ kinds, stats }: FolderRecord, at: number, stat: Stats): boolean {
  const slot = at * SLOTS;
  if (kinds[at] === KIND.folder) return stats[slot + SLOT.mode] === stat.mode;
  return stats[slot] === stat.ctimeMs && stats[slot + SLOT.mtime] === stat.mtimeMs && stats[slot + SLOT.size] === stat.size
    && stats[slot + SLOT.ino] === stat.ino && stats[slot + SLOT.dev] === stat.dev && stats[slot + SLOT.mode] === stat.mode;
}

/** What was found at a position; without `isSettled` it is looked at again by the next scan. */
export interface Found {
  kind: Kind;
  stat: Stats;
  id?: string;
  reason?: string;
  isSettled: boolean;
}

export function setEntry(record: FolderRecord, at: number, { kind, stat, id, reason, isSettled }: Found): void {
  const { ctimeMs, mtimeMs, size, ino, dev, mode } = stat;
  record.kinds[at] = kind;
  record.stats.set([isSettled ? ctimeMs : Number.NaN, mtimeMs, size, ino, dev, mode], at * SLOTS);
  if (id !== undefined) record.ids.write(id, at * ID_BYTES, 'hex');
  setReason(record, at, reason);
}

/** Left out for its name alone, whatever it is; without a reason it is not told. */
export function setLeftOutByName(record: FolderRecord, at: number, reason: string | undefined): void {
  record.kinds[at] = KIND.leftOutByName;
  setReason(record, at, reason);
}

/** A folder that could not be entered; the next scan tries again. */
export function setRefused(record: FolderRecord, at: number, reason: string): void {
  record.kinds[at] = KIND.leftOut;
  record.stats[at * SLOTS + SLOT.ctime] = Number.NaN;
  setReason(record, at, reason);
}

export function setGone(record: FolderRecord, at: number): void {
  record.kinds[at] = KIND.gone;
  setReason(record, at, undefined);
}

function setReason(record: FolderRecord, at: number, reason: string | undefined): void {
  if (reason === undefined) record.reasons.delete(at);
  else record.reasons.set(at, reason);
  record.below.delete(at);
}

export function copyEntry(from: FolderRecord, fromAt: number, to: FolderRecord, at: number): void {
  to.kinds[at] = from.kinds[fromAt] ?? KIND.gone;
  to.stats.set(from.stats.subarray(fromAt * SLOTS, (fromAt + 1) * SLOTS), at * SLOTS);
  from.ids.copy(to.ids, at * ID_BYTES, fromAt * ID_BYTES, (fromAt + 1) * ID_BYTES);
  const reason = from.reasons.get(fromAt);
  if (reason !== undefined) to.reasons.set(at, reason);
  const below = from.below.get(fromAt);
  if (below) to.below.set(at, below);
}

/** Milliseconds, as `lstat` gives them. */
export interface SeenEntry {
  mtimeMs: number;
  size: number;
}

export function seenAt({ stats }: FolderRecord, at: number): SeenEntry {
  const of = (slot: number): number => stats[at * SLOTS + slot] ?? Number.NaN;
  return { mtimeMs: of(SLOT.mtime), size: of(SLOT.size) };
}

/** Type and permissions as they were found. */
export const modeAt = ({ stats }: FolderRecord, at: number): number => stats[at * SLOTS + SLOT.mode] ?? 0;

const idAt = ({ ids }: FolderRecord, at: number): string => ids.toString('hex', at * ID_BYTES, (at + 1) * ID_BYTES);

/** Permissions that the sidecar has to hold; undefined for ordinary ones. */
function specialMode(record: FolderRecord, at: number): number | undefined {
  const mode = modeAt(record, at) & 0o7777;
  const ordinary = ORDINARY[record.kinds[at] as Kind];
  return ordinary === undefined || ordinary.includes(mode) ? undefined : mode;
}

/** Writes the tree of a folder whose entries and whose folders below are complete, and sums up. */
export function finishRecord(record: FolderRecord, store: ObjectStore): void {
  const items: TreeItem[] = [];
  let { files, bytes, isSpecial } = { files: 0, bytes: 0, isSpecial: record.reasons.size > 0 };
  for (let at = 0; at < record.names.length; at += 1) {
    const below = record.below.get(at);
    const item = itemAt(record, at, below);
    if (item) items.push(item);
    const isFile = record.kinds[at] === KIND.file || record.kinds[at] === KIND.link;
    files += below?.files ?? Number(isFile);
    bytes += below?.bytes ?? (isFile ? (record.stats[at * SLOTS + SLOT.size] ?? 0) : 0);
    isSpecial ||= below !== undefined && (below.isSpecial || below.tree === '') || specialMode(record, at) !== undefined;
  }
  const tree = items.length === 0 ? '' : store.write('tree', treeContent(items));
  Object.assign(record, { files, bytes, isSpecial, tree });
}

function itemAt(record: FolderRecord, at: number, below: FolderRecord | undefined): TreeItem | undefined {
  const name = record.names[at] ?? '';
  switch (record.kinds[at]) {
    case KIND.file:
      return { mode: (modeAt(record, at) & 0o100) === 0 ? '100644' : '100755', name, id: idAt(record, at) };
    case KIND.link:
      return { mode: '120000', name, id: idAt(record, at) };
    case KIND.folder:
      return below && below.tree !== '' ? { mode: '40000', name, id: below.tree } : undefined;
    default:
      return undefined;
  }
}

/** A record and all below it, without a stack that grows with their depth. */
export function* allRecords(top: FolderRecord): Generator<{ record: FolderRecord; prefix: string }> {
  const waiting = [{ record: top, prefix: '' }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next;
    for (const [at, record] of next.record.below) waiting.push({ record, prefix: `${next.prefix}${next.record.names[at]}/` });
  }
}

/** All ids that a record vouches for, but those of the records below it. */
export function* idsOf(record: FolderRecord): Generator<string> {
  if (record.tree !== '') yield record.tree;
  for (let at = 0; at < record.names.length; at += 1) {
    if (record.kinds[at] === KIND.file || record.kinds[at] === KIND.link) yield idAt(record, at);
  }
}

/** What a tree cannot hold. Paths of permissions and folders are byte paths. */
export interface Special {
  /** `path: reason`, the path as it is shown. */
  notCovered: string[];
  /** Permissions other than 644 and 755 of files, 755 of folders. */
  modes: { path: string; mode: number }[];
  /** Also folders whose whole content is not covered. */
  emptyDirectories: string[];
}

/** Sorted by path, so that the same files are told in the same words whatever the order they were found in. */
export function specialOf(top: FolderRecord): Special {
  const special: Collected = { left: [], modes: [], emptyDirectories: [] };
  for (const { record, prefix } of allRecords(top)) if (record.isSpecial) collectSpecial(record, prefix, special);
  const notCovered = special.left.sort(byPath).map(({ path, reason }) => `${shownPath(path)}: ${reason}`);
  return { notCovered, modes: special.modes.sort(byPath), emptyDirectories: special.emptyDirectories.sort() };
}

const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);

type Collected = Omit<Special, 'notCovered'> & { left: { path: string; reason: string }[] };

function collectSpecial(record: FolderRecord, prefix: string, into: Collected): void {
  record.names.forEach((name, at) => {
    const path = prefix + name;
    const reason = record.reasons.get(at);
    if (reason !== undefined) into.left.push({ path, reason });
    const mode = specialMode(record, at);
    if (mode !== undefined) into.modes.push({ path, mode });
    if (record.below.get(at)?.tree === '') into.emptyDirectories.push(path);
  });
}
