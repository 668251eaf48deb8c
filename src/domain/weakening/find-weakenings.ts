/** What in the changes of a task makes its evidence weaker. Pure: contents in, findings out. */
import type { ChangeOp } from '../host-api.ts';
import { pathMatcher } from '../path-globs.ts';
import { decisivePart, expandedCommands, filesNamed, filesRun, isCi, isPartialConfig, isTestConfig } from './check-files.ts';
import { ACCEPTABLE_KINDS, type Weakening, type WeakeningKind } from './finding.ts';
import { isTestFile } from './languages.ts';
import { testWeakenings } from './test-changes.ts';

/** One changed path with what it held before the task and holds after the turn. */
export interface ChangedFile {
  path: string;
  op: ChangeOp;
  /** Old path of a rename. */
  from?: string;
  /** Null: not there. */
  before: string | null;
  after: string | null;
  /** It is there after the turn, and nobody can read it as text: too large, or no text. */
  unreadable?: boolean;
}

export interface EvidenceRules {
  /** Command lines of the plan's checks. */
  checks: readonly string[];
  /** package.json at the root as it was before the task. */
  packageText: string | null;
  locked: readonly string[];
  /** What this task may change although it is evidence. */
  mayChange: readonly string[];
  /** Kinds that the plan accepts. */
  allow: readonly WeakeningKind[];
}

export type Found = Omit<Weakening, 'accepted'>;

const SNAPSHOT = /(^|\/)__snapshots__\/|\.snap$/;

/** Paths whose contents are needed; of all others the path says enough. */
export function contentsNeeded(path: string, rules: Pick<EvidenceRules, 'checks' | 'packageText'>): boolean {
  return isTestFile(path) || isTestConfig(path) || isPartialConfig(path) || SNAPSHOT.test(path) || namedBy(rules).has(path);
}

const namedBy = ({ checks, packageText }: Pick<EvidenceRules, 'checks' | 'packageText'>): Set<string> => filesNamed(expandedCommands(checks, packageText));

export function findWeakenings(files: readonly ChangedFile[], rules: EvidenceRules): Weakening[] {
  const named = namedBy(rules);
  const run = filesRun(expandedCommands(rules.checks, rules.packageText));
  const found = [
    ...files.flatMap((file) => lockedFinding(file, rules)),
    ...testWeakenings(files.filter((file) => [file.path, file.from ?? file.path].some((path) => isTestFile(path) || named.has(path)))),
    ...files.flatMap((file) => configFinding(file, rules)),
    ...files.flatMap((file) => scriptFinding(file, run)),
    ...files.flatMap(snapshotFinding),
  ];
  return found.map((finding) => ({ ...finding, accepted: acceptedBy(finding, rules) }));
}

function acceptedBy({ kind, path }: Found, { mayChange, allow }: EvidenceRules): Weakening['accepted'] {
  if (pathMatcher(mayChange)(path)) return 'task';
  return (ACCEPTABLE_KINDS as readonly string[]).includes(kind) && allow.includes(kind) ? 'policy' : null;
}

function lockedFinding({ path, from, op }: ChangedFile, { locked }: EvidenceRules): Found[] {
  const isLocked = pathMatcher(locked);
  const touched = [from, path].filter((one) => one !== undefined).filter(isLocked);
  return touched.slice(0, 1).map((one) => ({
    kind: 'lockedPath' as const, path: one, before: null, after: null, text: `${one} is locked by the plan and was ${op === 'delete' ? 'deleted' : 'changed'}.`,
  }));
}

const plain = (kind: WeakeningKind, path: string, text: string): Found[] => [{ kind, path, before: null, after: null, text }];

function configFinding(file: ChangedFile, { checks }: EvidenceRules): Found[] {
  const path = file.from ?? file.path;
  if (!isTestConfig(path) && !isPartialConfig(path)) return [];
  if (file.before === null && isCi(path)) return [];
  const moved = file.from !== undefined && file.from !== file.path;
  const [before, after] = [decisivePart(path, file.before, checks), moved ? null : decisivePart(path, file.after, checks)];
  const isNothing = (part: string | null): boolean => part === null || part === '' || part === EMPTY_PACKAGE;
  if (before === after && !file.unreadable) return [];
  if (isNothing(before) && isNothing(after)) return [];
  const what = file.before === null ? 'was added' : after === null ? 'is gone' : 'was changed';
  const part = isPartialConfig(path) ? 'what the checks use of it ' : '';
  return plain('testConfig', path, `${path}, which says how the checks run, ${what}${part && what === 'was changed' ? ` in ${part.trim()}` : ''}.`);
}

const EMPTY_PACKAGE = decisivePart('package.json', '{}', []);

/** A script that a check runs, and that holds no tests of its own that could be counted. */
function scriptFinding({ path, from, before, after }: ChangedFile, run: ReadonlySet<string>): Found[] {
  const old = from ?? path;
  if (!run.has(old) || isTestFile(old) || isTestConfig(old) || isPartialConfig(old) || before === null) return [];
  return plain('checkScript', old, `${old}, which a check runs, ${after === null ? 'is gone' : 'was changed'}.`);
}

const entries = (text: string | null): number => [...(text ?? '').matchAll(/^exports\[/gm)].length;

function snapshotFinding({ path, from, op, before, after }: ChangedFile): Found[] {
  const old = from ?? path;
  if (!SNAPSHOT.test(old)) return [];
  if (op === 'delete' || !SNAPSHOT.test(path)) {
    return [{ kind: 'snapshotsRemoved', path: old, before: Math.max(1, entries(before)), after: 0, text: `The snapshot ${old} is gone.` }];
  }
  const [had, has] = [entries(before), entries(after)];
  return has < had ? [{ kind: 'snapshotsRemoved', path: old, before: had, after: has, text: `${old} holds ${has} snapshots instead of ${had}.` }] : [];
}
