/** What git cannot hold, merged: permissions and empty folders, path by path; where both sides changed one, the worktree's holds. */
import type { Sidecar } from '../snapshot/checkpoint.ts';
import { git } from '../snapshot/git.ts';
import type { Shadow } from '../snapshot/shadow.ts';

interface Three {
  base: string;
  ours: string;
  theirs: string;
}

type Entry = Sidecar['emptyDirectories'][number];

// A path that is no text is known by its bytes.
const keyOf = (entry: Entry): string => ('path' in entry ? Buffer.from(entry.path).toString('latin1') : Buffer.from(entry.path64, 'base64').toString('latin1'));

/** Id of the merged sidecar, for the merged tree. */
export async function mergeSidecars(shadow: Shadow, tree: string, ids: Three): Promise<string> {
  const read = async (id: string): Promise<Sidecar> => JSON.parse((await git(shadow.git, ['cat-file', 'blob', id])).toString()) as Sidecar;
  const [base, ours, theirs] = await Promise.all([read(ids.base), read(ids.ours), read(ids.theirs)]);
  const there = new Set((await git(shadow.git, ['ls-tree', '-r', '-t', '-z', '--name-only', tree])).toString('latin1').split('\0').filter(Boolean));
  const emptyDirectories = merged(base.emptyDirectories, ours.emptyDirectories, theirs.emptyDirectories).filter((entry) => !there.has(keyOf(entry)));
  const empty = new Set(emptyDirectories.map(keyOf));
  const modes = merged(base.modes, ours.modes, theirs.modes).filter((entry) => there.has(keyOf(entry)) || empty.has(keyOf(entry)));
  return shadow.write('blob', Buffer.from(JSON.stringify({ version: 1, modes, emptyDirectories, notCovered: ours.notCovered } satisfies Sidecar)));
}

function merged<T extends Entry>(base: T[], ours: T[], theirs: T[]): T[] {
  const [was, mine, other] = [base, ours, theirs].map((list) => new Map(list.map((entry) => [keyOf(entry), entry])));
  const keys = [...new Set([...(mine?.keys() ?? []), ...(other?.keys() ?? [])])].sort();
  return keys.flatMap((key) => {
    const isSame = JSON.stringify(other?.get(key)) === JSON.stringify(was?.get(key));
    return (isSame ? mine : other)?.get(key) ?? [];
  });
}
