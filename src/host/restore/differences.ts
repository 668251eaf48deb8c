/** What differs between the workspace and a checkpoint, path by path, with everything that is needed to make the one into the other. */
import { git, type ShadowGit } from '../snapshot/git.ts';
import type { FileState } from './file-state.ts';

export type Entry =
  | { kind: 'folder'; mode: number }
  | { kind: 'file'; id: string; mode: number }
  | { kind: 'link'; id: string };

/** Null: nothing is there that a checkpoint covers. */
export interface Difference {
  present: Entry | null;
  wanted: Entry | null;
}

export type Differences = Map<string, Difference>;

type Side = keyof Difference;

/** By byte path, in the order of bytes. */
export async function differencesOf(shadow: ShadowGit, present: FileState, wanted: FileState): Promise<Differences> {
  const found: Differences = new Map();
  const states = { present, wanted };
  if (present.tree !== wanted.tree) addRows(found, states, await diffRows(shadow, present.tree, wanted.tree));
  addEmptyFolders(found, states);
  await addModes(shadow, found, states);
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.filter(([, difference]) => !isSame(difference)));
}

function isSame({ present, wanted }: Difference): boolean {
  if (present === null || wanted === null) return present === wanted;
  return present.kind === wanted.kind && idOf(present) === idOf(wanted) && modeOf(present) === modeOf(wanted);
}

/** Of a file's content or a link's target. */
export const idOf = (entry: Entry | null): string | null => (entry === null || entry.kind === 'folder' ? null : entry.id);

const modeOf = (entry: Entry): number | null => (entry.kind === 'link' ? null : entry.mode);

const diffRows = async (shadow: ShadowGit, from: string, to: string): Promise<string[]> =>
  fieldsOf(await git(shadow, ['diff-tree', '-r', '-t', '-z', '--raw', '--no-renames', '--no-ext-diff', '--no-abbrev', from, to]));

/** NUL-separated, one character a byte. */
const fieldsOf = (output: Buffer): string[] => output.toString('latin1').split('\0').slice(0, -1);

/** A folder that takes a file's place has two rows of one path. */
function addRows(found: Differences, states: Record<Side, FileState>, fields: string[]): void {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [before = '', after = '', idBefore = '', idAfter = ''] = (fields[at] ?? '').slice(1).split(' ');
    const path = fields[at + 1] ?? '';
    const known = found.get(path);
    found.set(path, {
      present: entryOf(states.present, path, before, idBefore) ?? known?.present ?? null,
      wanted: entryOf(states.wanted, path, after, idAfter) ?? known?.wanted ?? null,
    });
  }
}

/** Of the mode as git writes it; null where there is nothing. */
function entryOf({ modes }: FileState, path: string, gitMode: string, id: string): Entry | null {
  if (gitMode === '000000') return null;
  if (gitMode === '120000') return { kind: 'link', id };
  if (gitMode === '040000') return { kind: 'folder', mode: modes.get(path) ?? 0o755 };
  return { kind: 'file', id, mode: modes.get(path) ?? (gitMode === '100755' ? 0o755 : 0o644) };
}

/** What is empty on one side and has no row is not there on the other: with anything in it, it would have one. */
function addEmptyFolders(found: Differences, { present, wanted }: Record<Side, FileState>): void {
  for (const path of new Set([...present.emptyFolders, ...wanted.emptyFolders])) {
    const known = found.get(path) ?? { present: null, wanted: null };
    const folder = (state: FileState, entry: Entry | null): Entry | null =>
      (state.emptyFolders.has(path) ? { kind: 'folder', mode: state.modes.get(path) ?? 0o755 } : entry);
    found.set(path, { present: folder(present, known.present), wanted: folder(wanted, known.wanted) });
  }
}

/** What has the same content on both sides and other permissions: the checkpoint's tree says what it is. */
async function addModes(shadow: ShadowGit, found: Differences, { present, wanted }: Record<Side, FileState>): Promise<void> {
  const other = [...new Set([...present.modes.keys(), ...wanted.modes.keys()])]
    .filter((path) => !found.has(path) && present.modes.get(path) !== wanted.modes.get(path));
  if (other.length === 0) return;
  const listed = await listTree(shadow, wanted.tree);
  for (const path of other) {
    const entry = listed.get(path);
    if (entry) found.set(path, { present: entryOf(present, path, entry.gitMode, entry.id), wanted: entryOf(wanted, path, entry.gitMode, entry.id) });
  }
}

/** Every entry of a tree, folders too. */
export async function listTree(shadow: ShadowGit, tree: string): Promise<Map<string, { gitMode: string; id: string }>> {
  const lines = fieldsOf(await git(shadow, ['ls-tree', '-r', '-t', '-z', '--full-tree', tree]));
  return new Map(lines.map((line) => {
    const tab = line.indexOf('\t');
    const [gitMode = '', , id = ''] = line.slice(0, tab).split(' ');
    return [line.slice(tab + 1), { gitMode, id }];
  }));
}
