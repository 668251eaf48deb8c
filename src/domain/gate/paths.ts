/**
 * Paths against patterns. Patterns are relative to the workspace (`src/**`, `/src/**`, `./src/**`), absolute (`//etc/**`)
 * or in the user's home (`~/notes/**`). Allow rules see only where a path really leads; deny and ask rules also see it
 * as written, cover everything below what they name, and without a slash match at any depth.
 */
import picomatch from 'picomatch';
import type { GatePolicy } from '../gate-policy.ts';

/**
 * Where a path really leads: takes an absolute path, `~` or `~/…`, follows symbolic links of the deepest part that
 * exists, answers an absolute path without `.` and `..`.
 */
export type ResolvePath = (path: string) => string;

export interface Place {
  /** The workspace as the plan names it. */
  workspace: string;
  /** Where it really is. */
  root: string;
  resolve: ResolvePath;
  /** What the plan has locked. */
  locked?: GatePolicy['locked'];
}

export interface SeenPath {
  written: string;
  real: string;
}

export const placeOf = (workspace: string, resolve: ResolvePath): Place => ({ workspace: normalize(workspace), root: resolve(workspace), resolve });

/** A path of a tool call, relative ones taken from the workspace. */
export function seePath(path: string, place: Place): SeenPath {
  const written = path === '~' || path.startsWith('~/') ? path : normalize(path.startsWith('/') ? path : `${place.workspace}/${path}`);
  return { written, real: place.resolve(written) };
}

/** `.`, `..` and double slashes taken out of an absolute path, links not followed. */
export function normalize(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return `/${kept.join('/')}`;
}

/** The path below `base`: '' for the base itself, undefined when it is elsewhere. */
export function below(base: string, path: string): string | undefined {
  if (path === base) return '';
  const prefix = base.endsWith('/') ? base : `${base}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

export const isInside = (path: SeenPath, place: Place): boolean => below(place.root, path.real) !== undefined;

const TEMPORARY = ['/tmp', '/var/tmp', '/dev'];

/** Neither in the workspace nor where temporary files and devices are. */
export const isElsewhere = (path: SeenPath, place: Place): boolean => !isInside(path, place) && !TEMPORARY.some((folder) => below(folder, path.real) !== undefined);

interface Anchored {
  base: string;
  glob: string;
}

function anchor(pattern: string, root: string, place: Place): Anchored {
  if (pattern.startsWith('//')) return deepen(place, '/', pattern.slice(2));
  if (pattern === '~' || pattern.startsWith('~/')) return deepen(place, place.resolve('~'), pattern.slice(2));
  let base = root;
  let glob = pattern.replace(/^(\.?\/)+/, '');
  for (; glob.startsWith('../'); glob = glob.slice(3)) base = normalize(`${base}/..`);
  return { base, glob };
}

/** Follows links in the part of an absolute pattern that holds no wildcard, as the paths it is held against have been. */
function deepen(place: Place, base: string, pattern: string): Anchored {
  const { base: fixed, glob } = picomatch.scan(pattern);
  return { base: place.resolve(normalize(`${base}/${fixed}`)), glob };
}

const OPTIONS = { dot: true, nonegate: true } as const;

function matches(globs: string[], relative: string | undefined): boolean {
  if (relative === undefined) return false;
  if (relative === '') return globs.some((glob) => glob === '' || glob === '**' || glob === '.');
  return globs.some((glob) => glob !== '' && picomatch.isMatch(relative, glob, OPTIONS));
}

/** Whether an allow rule's pattern holds for where the path really leads. */
export function allowsPath(pattern: string, path: SeenPath, place: Place): boolean {
  const { base, glob } = anchor(pattern, place.root, place);
  return matches([glob.endsWith('/') ? `${glob}**` : glob], below(base, path.real));
}

/** Whether a deny or ask rule's pattern holds for the path as written or as it really is, or for a folder above it. */
export function stopsPath(pattern: string, path: SeenPath, place: Place): boolean {
  return [place.root, place.workspace].some((root) => {
    const { base, glob } = anchor(pattern, root, place);
    const globs = widen(glob);
    return matches(globs, below(base, path.real)) || matches(globs, below(base, path.written));
  });
}

/** What the glob of a stop covers: below what it names too, and at any depth where it has no slash. */
export function widen(glob: string): string[] {
  const name = glob.replace(/\/+$/, '');
  const here = [name, name === '' ? '**' : `${name}/**`];
  return name === '' || name.includes('/') ? here : [...here, `**/${name}`, `**/${name}/**`];
}

/** Whether the plan has locked the path: wherever it leads, and however it is written. */
export function isLocked(path: SeenPath, place: Place): boolean {
  const { paths = [], except = [] } = place.locked ?? {};
  const within = below(place.root, path.real);
  return paths.some((glob) => stopsPath(glob, path, place)) && !except.some((glob) => matches(widen(glob.replace(/^(\.?\/)+/, '')), within));
}

/** Whether something below the folder could be stopped by the pattern: the pattern's fixed part and the folder meet. */
export function reachesInto(pattern: string, folder: SeenPath, place: Place): boolean {
  const { base, glob } = anchor(pattern, place.root, place);
  if (!glob.replace(/\/+$/, '').includes('/')) return below(base, folder.real) !== undefined || below(folder.real, base) !== undefined;
  const fixed = normalize(`${base}/${picomatch.scan(glob).base}`);
  return below(folder.real, fixed) !== undefined || below(fixed, folder.real) !== undefined;
}
