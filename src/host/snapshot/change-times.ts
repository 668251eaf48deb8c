/** When paths of a workspace were last changed, by the kernel's own record: it needs no watcher and no scan. */
import { lstatSync } from 'node:fs';
import { join, normalize } from 'node:path';

const isInside = (path: string): boolean => !normalize(path).split('/').includes('..');

/** Milliseconds since 1970, by path; null where nothing is there, or where the path would lead out. */
export const changeTimes = (workspace: string, paths: readonly string[]): (number | null)[] =>
  paths.map((path) => (isInside(path) ? timeOf(join(workspace, path)) : null));

function timeOf(path: string): number | null {
  try {
    return lstatSync(path).ctimeMs;
  } catch {
    return null; // gone, a name that is no path, or below a file
  }
}
