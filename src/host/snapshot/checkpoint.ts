/** A checkpoint: the tree of the files, a sidecar blob of what git cannot hold, and a ref that keeps both. */
import { utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckpointRequest, CheckpointResult } from '../../domain/host-api.ts';
import { createOnce, privateDirectory } from '../durable.ts';
import { errorCode, HostError } from '../host-error.ts';
import { leftOut } from './coverage.ts';
import type { ScanOptions } from './folder-walk.ts';
import { treeContent, type ObjectStore } from './object-store.ts';
import { pathBytes } from './path-text.ts';
import type { Scanned } from './scan.ts';
import type { Shadow } from './shadow.ts';

/** A path as UTF-8 text, or as base64 where it is none: a restore needs the exact bytes. */
export type SidecarPath = { path: string } | { path64: string };

/** Content of the sidecar blob, as JSON. */
export interface Sidecar {
  version: 1;
  /** Permissions (07777) other than 644 and 755 of files and 755 of folders. */
  modes: (SidecarPath & { mode: number })[];
  /** Also folders whose whole content is not covered. */
  emptyDirectories: SidecarPath[];
  notCovered: string[];
}

const MOST_NOT_COVERED = 500;

/** In the repository: a file for each checkpoint, named by its commit; its time says when the checkpoint was last taken. */
export const CHECKPOINT_REFS = join('refs', 'checkpoints');

/** Takes a checkpoint of the workspace as it is. Twice the same files give the same ids. */
export async function takeCheckpoint(shadow: Shadow, request: Pick<CheckpointRequest, 'exclude' | 'include' | 'maxFileBytes' | 'borrow'>): Promise<CheckpointResult> {
  const options = { ...scanOptions(request), ...(request.borrow && { borrow: true }) };
  const result = await shadow.scan(options, (scanned, store) => nameCheckpoint(shadow, scanned, store));
  await shadow.saveCache();
  return result;
}

/** Makes a checkpoint of what a scan has found. */
export const keepScanned = (shadow: Shadow, scanned: Scanned): Promise<CheckpointResult> =>
  shadow.storing((store) => nameCheckpoint(shadow, scanned, store));

/** Makes a checkpoint of objects that are stored already. */
export const keepCheckpoint = (shadow: Shadow, tree: string, sidecar: string): Promise<void> =>
  shadow.storing(async (store) => {
    const gone = [tree, sidecar].find((id) => !store.has(id));
    if (gone !== undefined) throw new HostError('internal', `object ${gone} of a checkpoint is not in its store`);
    await name(shadow, await storeCommit(store, tree, sidecar));
  });

/** Globs are relative to the workspace; one that matches a folder leaves out all of it. */
export const scanOptions = ({ exclude, include, maxFileBytes }: Pick<CheckpointRequest, 'exclude' | 'include' | 'maxFileBytes'>): ScanOptions =>
  ({ isExcluded: leftOut(exclude, include), maxFileBytes, key: JSON.stringify([exclude, include ?? [], maxFileBytes]) });

function sidecarOf({ modes, emptyDirectories, notCovered }: Scanned): Sidecar {
  return {
    version: 1,
    modes: modes.map(({ path, mode }) => ({ ...sidecarPath(path), mode })),
    emptyDirectories: emptyDirectories.map(sidecarPath),
    notCovered,
  };
}

function sidecarPath(path: string): SidecarPath {
  const bytes = pathBytes(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { path: text } : { path64: bytes.toString('base64') };
}

interface Named {
  sidecar: string;
  commit: string;
}

/** What was found again needs only its name again. */
const named = new WeakMap<Scanned, Named>();

async function nameCheckpoint(shadow: Shadow, scanned: Scanned, store: ObjectStore): Promise<CheckpointResult> {
  const { tree, files, bytes, notCovered } = scanned;
  let known = named.get(scanned);
  if (!known || !(await touch(shadow, known.commit))) {
    known = await storeCheckpoint(scanned, store);
    named.set(scanned, known);
    await name(shadow, known.commit);
  }
  return { tree, sidecar: known.sidecar, files, bytes, notCovered: shortened(notCovered) };
}

const refOf = ({ git: { dir } }: Shadow, commit: string): string => join(dir, CHECKPOINT_REFS, commit);

/** The reference is written last: what it names is there. */
async function name(shadow: Shadow, commit: string): Promise<void> {
  const ref = refOf(shadow, commit);
  await privateDirectory(dirname(ref));
  if (!(await createOnce(ref, `${commit}\n`))) await touch(shadow, commit);
}

/** Says that the checkpoint was taken now; false when it has no name any more. */
async function touch(shadow: Shadow, commit: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(refOf(shadow, commit), now, now);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function storeCheckpoint(scanned: Scanned, store: ObjectStore): Promise<Named> {
  const sidecar = store.write('blob', Buffer.from(JSON.stringify(sidecarOf(scanned))));
  return { sidecar, commit: await storeCommit(store, scanned.tree, sidecar) };
}

async function storeCommit(store: ObjectStore, tree: string, sidecar: string): Promise<string> {
  const both = store.write('tree', treeContent([{ mode: '40000', name: 'files', id: tree }, { mode: '100644', name: 'sidecar.json', id: sidecar }]));
  const who = 'holdpoint <holdpoint@localhost> 0 +0000';
  const commit = store.write('commit', Buffer.from(`tree ${both}\nauthor ${who}\ncommitter ${who}\n\ncheckpoint\n`));
  await store.flush();
  return commit;
}

const shortened = (lines: string[]): string[] =>
  lines.length <= MOST_NOT_COVERED ? lines : [...lines.slice(0, MOST_NOT_COVERED), `… and ${lines.length - MOST_NOT_COVERED} more, listed in the sidecar`];
