/** What a restore changes, as changes are told everywhere, and beyond trees of git: permissions and empty folders. */
import type { Change } from '../../domain/host-api.ts';
import { HostError } from '../host-error.ts';
import { diffTrees } from '../snapshot/diff.ts';
import type { ShadowGit } from '../snapshot/git.ts';
import { shownPath } from '../snapshot/path-text.ts';
import { idOf, type Difference, type Differences, type Entry } from './differences.ts';
import type { FileState } from './file-state.ts';
import type { RestorePlan } from './plan-restore.ts';

interface ChangesInput {
  present: FileState;
  wanted: FileState;
  differences: Differences;
  plan: RestorePlan;
  /** Moves are told as such, which needs both ends of each. */
  renames: boolean;
}

/** Of the paths that the plan is about; in the order of paths. */
export async function changesOf(git: ShadowGit, input: ChangesInput): Promise<Change[]> {
  const { present, wanted, differences, plan } = input;
  const about = new Set([...plan.differing].map(shownPath));
  const ofTrees = (await readableChanges(git, input)).filter(({ path }) => about.has(path));
  const told = new Set(ofTrees.flatMap(({ path, from }) => [path, from]));
  const others = [...plan.differing].filter((path) => !told.has(shownPath(path))).flatMap((path) => {
    const change = plainChange(differences.get(path), present.emptyFolders.has(path) || wanted.emptyFolders.has(path));
    return change ? [{ ...NO_CONTENT, path: shownPath(path), ...change }] : [];
  });
  return [...ofTrees, ...others].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** None where git cannot read an object of either side: what differs is then told without lines and moves. */
async function readableChanges(git: ShadowGit, { present, wanted, renames }: ChangesInput): Promise<Change[]> {
  try {
    return await diffTrees(git, present.tree, wanted.tree, { renames });
  } catch (error) {
    if (error instanceof HostError && error.kind === 'internal') return [];
    throw error;
  }
}

const NO_CONTENT = { shaBefore: null, shaAfter: null, sizeBefore: 0, sizeAfter: 0, added: null, removed: null };

type Plain = Pick<Change, 'op' | 'mode' | 'shaBefore' | 'shaAfter'>;

/** Null for a folder that is told by what is in it. */
function plainChange(difference: Difference | undefined, isEmptyFolder: boolean): Plain | null {
  const { present = null, wanted = null } = difference ?? {};
  const entry = wanted ?? present;
  if (entry === null) return null;
  const change = { mode: gitMode(entry), shaBefore: idOf(present), shaAfter: idOf(wanted) };
  if (present !== null && wanted !== null) return { op: present.kind !== wanted.kind ? 'type' : idOf(present) === idOf(wanted) ? 'mode' : 'modify', ...change };
  if (entry.kind === 'folder' && !isEmptyFolder) return null;
  return { op: wanted === null ? 'delete' : 'add', ...change };
}

/** As git writes modes, with all permissions. */
const gitMode = (entry: Entry): string => (entry.kind === 'link' ? 0o120000 : (entry.kind === 'folder' ? 0o40000 : 0o100000) | entry.mode).toString(8);
