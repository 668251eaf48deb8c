/** What a checkpoint says of a workspace: its tree, and from the sidecar what a tree of git cannot hold. Paths are byte paths. */
import { HostError } from '../host-error.ts';
import type { Sidecar, SidecarPath } from '../snapshot/checkpoint.ts';
import { requireTrees } from '../snapshot/diff.ts';
import { runGit, type ShadowGit } from '../snapshot/git.ts';
import type { Scanned } from '../snapshot/scan.ts';

export interface FileState {
  tree: string;
  /** Permissions other than 644 and 755 of files, 755 of folders. */
  modes: ReadonlyMap<string, number>;
  emptyFolders: ReadonlySet<string>;
  /** Shown paths that are not in it, with the reason. */
  notCovered: ReadonlyMap<string, string>;
}

const BLOB = /^[0-9a-f]{40}$/;

/** `unknown_tree` when this host does not have all of the checkpoint. */
export async function keptState(git: ShadowGit, { tree, sidecar }: { tree: string; sidecar: string }): Promise<FileState> {
  await requireTrees(git, tree);
  if (!BLOB.test(sidecar)) throw new HostError('unknown_tree', `${JSON.stringify(sidecar)} is no id of a sidecar`);
  const { code, stdout } = await runGit(git, ['cat-file', 'blob', sidecar]);
  if (code !== 0) throw new HostError('unknown_tree', `sidecar ${sidecar} is not known on this host`);
  const { version, modes, emptyDirectories, notCovered } = JSON.parse(stdout.toString()) as Sidecar;
  if ((version as number) !== 1) throw new HostError('unknown_tree', `sidecar ${sidecar} has version ${String(version)}: a newer Holdpoint has written it`);
  return {
    tree,
    modes: new Map(modes.map((entry) => [bytePath(entry), entry.mode])),
    emptyFolders: new Set(emptyDirectories.map(bytePath)),
    notCovered: reasonsByPath(notCovered),
  };
}

export const scannedState = ({ tree, modes, emptyDirectories, notCovered }: Scanned): FileState => ({
  tree,
  modes: new Map(modes.map(({ path, mode }) => [path, mode])),
  emptyFolders: new Set(emptyDirectories),
  notCovered: reasonsByPath(notCovered),
});

const bytePath = (entry: SidecarPath): string =>
  Buffer.from('path64' in entry ? entry.path64 : entry.path, 'path64' in entry ? 'base64' : 'utf8').toString('latin1');

/** Of `path: reason`; a path that has ": " in it counts under each reading, so that none of them is taken for covered. */
function reasonsByPath(lines: readonly string[]): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const line of lines) {
    for (let at = line.indexOf(': '); at !== -1; at = line.indexOf(': ', at + 1)) reasons.set(line.slice(0, at), line.slice(at + 2));
  }
  return reasons;
}
