/** Goes around stored contents that git cannot read: which paths of a comparison they stand at, and how to ask for all the others. */
import type { HostError } from '../host-error.ts';
import { git, type ShadowGit } from './git.ts';
import { damagedObjects } from './object-check.ts';
import { wordOfShown } from './path-text.ts';
import { NONE, parseDiff, type RawRow } from './raw-diff.ts';

/** More of them are not gone around: each is a word of a command line. */
const MOST_NAMED = 500;

export interface AroundDamage {
  /** All that differs, as the trees tell it: no moves, no lines. */
  rows: RawRow[];
  /** Ids of contents that are missing or damaged. */
  damaged: ReadonlySet<string>;
  /** Paths that `others` leaves out: where they are, and below. */
  leftOut: string[];
  /** Words that end a command line of git that begins with `MAGIC`, to ask for all but those paths; null where these cannot be named. */
  others: string[] | null;
}

/** Before a command, whose pathspecs may say what they leave out then. */
export const MAGIC = '--no-literal-pathspecs';

export const idsOf = ({ shaBefore, shaAfter }: Pick<RawRow, 'shaBefore' | 'shaAfter'>): string[] => [shaBefore, shaAfter].filter((id) => id !== NONE);

/** `paths`: those that are asked about, as words; all where there are none. Throws `failure` when no stored content is its reason. */
export async function aroundDamage(shadow: ShadowGit, { from, to, paths }: { from: string; to: string; paths: string[] }, failure: HostError): Promise<AroundDamage> {
  const asked = paths.length > 0 ? ['--', ...paths] : [];
  const { raw: rows } = parseDiff(await git(shadow, ['diff-tree', '-r', '-z', '--no-renames', '--raw', '--no-abbrev', from, to, ...asked]));
  const damaged = new Set(await damagedObjects(shadow, rows.flatMap(idsOf)));
  if (damaged.size === 0) throw failure;
  const at = new Set(rows.filter((row) => idsOf(row).some((id) => damaged.has(id))).map(({ path }) => path));
  return { rows, damaged, leftOut: rows.map(({ path }) => path).filter((path) => isAtOrBelow(at, path)), others: pathspecs(paths, [...at]) };
}

function isAtOrBelow(places: ReadonlySet<string>, path: string): boolean {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) if (places.has(path.slice(0, at))) return true;
  return places.has(path);
}

function pathspecs(asked: string[], damaged: string[]): string[] | null {
  const words = damaged.flatMap((path) => wordOfShown(path) ?? []);
  if (words.length < damaged.length || words.length > MOST_NAMED) return null;
  return ['--', ...asked.map((path) => `:(top,literal)${path}`), ...words.map((path) => `:(top,literal,exclude)${path}`)];
}
