/** A checkpoint: the tree of the files, a sidecar blob of what git cannot hold, and a ref that keeps both. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import picomatch from 'picomatch';
import type { CheckpointRequest, CheckpointResult } from '../../domain/host-api.ts';
import { createOnce } from '../durable.ts';
import { treeContent } from './object-store.ts';
import { pathBytes } from './path-text.ts';
import type { Scanned, ScanOptions } from './scan.ts';
import type { Shadow } from './shadow.ts';

/** A path as UTF-8 text, or as base64 where it is none: a restore needs the exact bytes. */
type SidecarPath = { path: string } | { path64: string };

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

/** Takes a checkpoint of the workspace as it is. Twice the same files give the same ids. */
export async function takeCheckpoint(shadow: Shadow, request: Pick<CheckpointRequest, 'exclude' | 'maxFileBytes'>): Promise<CheckpointResult> {
  const scanned = await shadow.scan(scanOptions(request));
  const sidecar = shadow.store.write('blob', Buffer.from(JSON.stringify(sidecarOf(scanned))));
  await keep(shadow, scanned.tree, sidecar);
  const { tree, files, bytes, notCovered } = scanned;
  return { tree, sidecar, files, bytes, notCovered: shortened(notCovered) };
}

/** Globs are relative to the workspace; one that matches a folder leaves out all of it. */
export function scanOptions({ exclude, maxFileBytes }: Pick<CheckpointRequest, 'exclude' | 'maxFileBytes'>): ScanOptions {
  if (exclude.length === 0) return { isExcluded: () => false, maxFileBytes };
  const globs = exclude.map((glob) => glob.replace(/^(\.?\/)+/, '').replace(/\/+$/, ''));
  return { isExcluded: picomatch(globs, { dot: true, nonegate: true }), maxFileBytes };
}

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

/** The reference is written last: what it names is there. */
async function keep({ store, git: { dir } }: Shadow, tree: string, sidecar: string): Promise<void> {
  const both = store.write('tree', treeContent([
    { mode: '40000', name: Buffer.from('files'), id: tree },
    { mode: '100644', name: Buffer.from('sidecar.json'), id: sidecar },
  ]));
  const who = 'holdpoint <holdpoint@localhost> 0 +0000';
  const commit = store.write('commit', Buffer.from(`tree ${both}\nauthor ${who}\ncommitter ${who}\n\ncheckpoint\n`));
  const ref = join(dir, 'refs', 'checkpoints', commit);
  await mkdir(dirname(ref), { recursive: true, mode: 0o700 });
  await createOnce(ref, `${commit}\n`);
}

const shortened = (lines: string[]): string[] =>
  lines.length <= MOST_NOT_COVERED ? lines : [...lines.slice(0, MOST_NOT_COVERED), `… and ${lines.length - MOST_NOT_COVERED} more, listed in the sidecar`];
