/** Recorded changes put onto a tree, and the result held against another: whoever has both knows whether the record is whole. */
import type { RecordedStep } from '../../domain/host-api.ts';
import { requireTrees } from './diff.ts';
import { git, type ShadowGit } from './git.ts';
import { bytesOfShown, shownPath } from './path-text.ts';

/** Path (a character per byte) and `mode id`. */
export type Entry = [path: string, content: string];

/** A path at which `from` with these steps is not `to`; null when they are equal. */
export async function replayChanges(shadow: ShadowGit, p: { from: string; to: string; steps: RecordedStep[][] }): Promise<{ differs: string | null }> {
  await requireTrees(shadow, p.from, p.to);
  const expected = changed(entriesOf(await listTree(shadow, p.from)), netOf(p.steps));
  const actual = entriesOf(await listTree(shadow, p.to));
  for (;;) {
    const [one, other] = [expected.next().value, actual.next().value];
    if (!one && !other) return { differs: null };
    if (one?.[0] !== other?.[0] || one?.[1] !== other?.[1]) return { differs: shownPath(first(one, other)) };
  }
}

const first = (one: Entry | undefined, other: Entry | undefined): string => [one, other].flatMap((entry) => (entry ? [entry[0]] : [])).sort()[0] ?? '';

/** Files and links of a tree in the order of their bytes. */
export const listTree = (shadow: ShadowGit, tree: string): Promise<Buffer> => git(shadow, ['ls-tree', '-r', '-z', '--full-tree', tree]);

/** One after the other: a large tree is not held as objects. */
export function* entriesOf(listing: Buffer): Generator<Entry, undefined> {
  for (let at = 0, end = listing.indexOf(0); end >= 0; at = end + 1, end = listing.indexOf(0, at)) {
    // `100644 blob <id>`, a tab, the path
    const tab = listing.indexOf(9, at);
    const [mode, , id] = listing.toString('latin1', at, tab).split(' ');
    yield [listing.toString('latin1', tab + 1, end), `${mode} ${id}`];
  }
}

/** What each path is in the end; null: gone. In a step all that goes goes first. */
function netOf(steps: RecordedStep[][]): Map<string, string | null> {
  const net = new Map<string, string | null>();
  const at = (shown: string): string => bytesOfShown(shown).toString('latin1');
  for (const step of steps) {
    for (const { path, from, op } of step) {
      if (op === 'delete') net.set(at(path), null);
      if (from !== undefined) net.set(at(from), null);
    }
    for (const { path, op, mode, shaAfter } of step) if (op !== 'delete') net.set(at(path), `${mode} ${shaAfter}`);
  }
  return net;
}

function* changed(base: Iterable<Entry>, net: ReadonlyMap<string, string | null>): Generator<Entry, undefined> {
  const added = [...net].filter((entry): entry is Entry => entry[1] !== null).sort(([a], [b]) => (a < b ? -1 : 1));
  let n = 0;
  for (const entry of base) {
    if (net.has(entry[0])) continue;
    for (let next = added[n]; next && next[0] < entry[0]; next = added[(n += 1)]) yield next;
    yield entry;
  }
  yield* added.slice(n);
}
