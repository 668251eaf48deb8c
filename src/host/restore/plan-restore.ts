/** Decides what a restore does and what it leaves alone. Pure: what differs goes in, steps and reasons come out. */
import { HOLDS_UNCOVERED, WRITTEN_MEANWHILE } from '../../domain/restore.ts';
import { shownPath } from '../snapshot/path-text.ts';
import type { Difference, Differences, Entry } from './differences.ts';
import type { FileState } from './file-state.ts';
import { isTemporary } from './temporary-name.ts';

export interface Put {
  path: string;
  /** Blob with the content, or with the target of a link. */
  id: string;
  /** Null: a link. */
  mode: number | null;
}

/** In the order in which they are carried out. */
export interface RestorePlan {
  /** Deepest first. */
  remove: { path: string; folder: boolean }[];
  /** Uppermost first. */
  folders: string[];
  files: Put[];
  /** Files whose content is right. */
  modes: (Put & { mode: number })[];
  folderModes: Map<string, number>;
  /** Byte path → why it stays as it is. */
  blocked: Map<string, string>;
  /** Byte paths of all that was asked for and is not as wanted. */
  differing: Set<string>;
}

export interface PlanInput {
  differences: Differences;
  present: FileState;
  wanted: FileState;
  isExcluded: (shownPath: string) => boolean;
  isAsked: (path: string) => boolean;
  /** Byte paths that somebody else is writing to. */
  touched: ReadonlySet<string>;
}

export function planRestore(input: PlanInput): RestorePlan {
  const plan: RestorePlan = { remove: [], folders: [], files: [], modes: [], folderModes: new Map(), blocked: new Map(), differing: new Set() };
  const uncoveredBelow = foldersAbove(input.present.notCovered.keys());
  for (const [path, difference] of selected(input)) {
    const isCounted = isTemporary(path) || input.isAsked(path); // not the folders that it needs
    if (isCounted) plan.differing.add(path);
    const reason = whyNot(input, uncoveredBelow, path, difference) ?? (difference.wanted && blockedAbove(plan, path));
    if (reason === null) addSteps(plan, path, difference);
    else if (isCounted) plan.blocked.set(path, reason);
  }
  plan.remove.reverse();
  return plan;
}

/** What was asked for, and the folders that are missing above it. What a killed restore has left goes in any case. */
function selected({ differences, isAsked }: PlanInput): [string, Difference][] {
  const all = [...differences];
  const asked = all.filter(([path, { wanted }]) => isAsked(path) || (wanted === null && isTemporary(path)));
  const chosen = new Set(asked.map(([path]) => path));
  const needed = new Set(asked.filter(([, { wanted }]) => wanted !== null).flatMap(([path]) => above(path)));
  return all.filter(([path, { present }]) => chosen.has(path) || (present === null && needed.has(path)));
}

/** Folders over a path, uppermost first. */
export const above = (path: string): string[] => path.split('/').slice(0, -1).map((_, n, parts) => parts.slice(0, n + 1).join('/'));

const foldersAbove = (paths: Iterable<string>): Set<string> => new Set([...paths].flatMap(above));

function whyNot({ present, wanted, isExcluded, differences, isAsked, touched }: PlanInput, uncoveredBelow: Set<string>, path: string, difference: Difference): string | null {
  if (touched.has(path)) return WRITTEN_MEANWHILE;
  const shown = shownPath(path);
  const onTheWay = [...above(shown), shown];
  if (path.split('/').some((name) => name === '..' || name === '.' || name === '' || name.toLowerCase() === '.git')) return 'repository data is never touched';
  if (onTheWay.some(isExcluded)) return 'is excluded by the plan';
  const kept = difference.wanted === null ? firstReason(wanted, onTheWay) : undefined;
  if (kept !== undefined) return `the checkpoint does not hold it (${kept})`;
  const inTheWay = firstReason(present, difference.present === null ? onTheWay : above(shown));
  if (inTheWay !== undefined) return `what is there now is in no checkpoint (${inTheWay})`;
  if (difference.present?.kind === 'folder' && difference.wanted?.kind !== 'folder' && uncoveredBelow.has(shown)) return difference.wanted ? `cannot take the place of a folder that ${HOLDS_UNCOVERED}` : HOLDS_UNCOVERED;
  const other = above(path).find((folder) => !isAsked(folder) && isNoFolderNow(differences.get(folder)));
  return other === undefined ? null : `${shownPath(other)} is no folder now: restore that`;
}

const firstReason = ({ notCovered }: FileState, paths: string[]): string | undefined =>
  paths.map((path) => notCovered.get(path)).find((reason) => reason !== undefined);

const isNoFolderNow = (difference: Difference | undefined): boolean =>
  difference !== undefined && difference.present !== null && difference.present.kind !== 'folder' && difference.wanted?.kind === 'folder';

/** What would be changed. */
export const stepPaths = ({ remove, folders, files, modes, folderModes }: RestorePlan): string[] =>
  [...new Set([...[...remove, ...files, ...modes].map(({ path }) => path), ...folders, ...folderModes.keys()])];

export const hasSteps = (plan: RestorePlan): boolean => stepPaths(plan).length > 0;

function blockedAbove(plan: RestorePlan, path: string): string | null {
  const folder = above(path).find((one) => plan.blocked.has(one));
  return folder === undefined ? null : `${shownPath(folder)} stays as it is`;
}

function addSteps(plan: RestorePlan, path: string, { present, wanted }: Difference): void {
  const isFolder = (entry: Entry | null): boolean => entry?.kind === 'folder';
  if (present && (!wanted || isFolder(present) !== isFolder(wanted))) plan.remove.push({ path, folder: isFolder(present) });
  if (wanted?.kind === 'folder') {
    if (!isFolder(present)) plan.folders.push(path);
    plan.folderModes.set(path, wanted.mode);
  } else if (wanted) {
    addFile(plan, path, present, wanted);
  }
}

function addFile(plan: RestorePlan, path: string, present: Entry | null, wanted: Exclude<Entry, { kind: 'folder' }>): void {
  if (wanted.kind === 'link') plan.files.push({ path, id: wanted.id, mode: null });
  else if (present?.kind === 'file' && present.id === wanted.id) plan.modes.push({ path, id: wanted.id, mode: wanted.mode });
  else plan.files.push({ path, id: wanted.id, mode: wanted.mode });
}
