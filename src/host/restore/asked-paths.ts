/** Which part of a checkpoint is wanted back: paths as people and the database see them, a folder for all below it. */
import { HostError } from '../host-error.ts';
import type { ShadowGit } from '../snapshot/git.ts';
import { shownPath } from '../snapshot/path-text.ts';
import { listTree } from './differences.ts';
import type { FileState } from './file-state.ts';

/** Tells of a byte path whether it was asked for. `bad_input` for a path that leaves the workspace. */
export function askedFor(paths: readonly string[] | null): (path: string) => boolean {
  if (paths === null) return () => true;
  const asked = new Set(paths.map(asRelative));
  if (asked.has('')) return () => true;
  return (path) => {
    const names = shownPath(path).split('/');
    return names.some((_, n) => asked.has(names.slice(0, n + 1).join('/')));
  };
}

/** Without `./` and slashes at the end; '' is the workspace. */
function asRelative(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (path.startsWith('/') || names.includes('..')) throw new HostError('bad_input', `${JSON.stringify(path)} is not a path in the workspace`);
  return names.join('/');
}

/** Those that neither side knows, which nothing can be done about. */
export async function unknownPaths(git: ShadowGit, paths: readonly string[] | null, sides: readonly FileState[]): Promise<{ path: string; reason: string }[]> {
  const asked = (paths ?? []).map((path) => ({ path, name: asRelative(path) })).filter(({ name }) => name !== '');
  if (asked.length === 0) return [];
  const known = new Set<string>();
  for (const { tree, emptyFolders, notCovered } of sides) {
    for (const path of [...(await listTree(git, tree)).keys(), ...emptyFolders]) known.add(shownPath(path));
    for (const path of notCovered.keys()) known.add(path);
  }
  return asked.filter(({ name }) => !known.has(name)).map(({ path }) => ({ path, reason: 'is neither in the checkpoint nor in the workspace' }));
}
