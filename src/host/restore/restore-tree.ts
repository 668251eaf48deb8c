/** Makes a workspace what a checkpoint says, and proves it: looks, changes what differs, looks again, until nothing is left to do. */
import type { RestoreRequest, RestoreResult } from '../../domain/host-api.ts';
import { WRITTEN_MEANWHILE } from '../../domain/restore.ts';
import { keepScanned, scanOptions } from '../snapshot/checkpoint.ts';
import { shownPath } from '../snapshot/path-text.ts';
import type { Scanned } from '../snapshot/scan.ts';
import type { SeenEntries } from '../snapshot/seen-entries.ts';
import type { Shadow } from '../snapshot/shadow.ts';
import { applyPlan, type Applying } from './apply-plan.ts';
import { askedFor, unknownPaths } from './asked-paths.ts';
import { Beneath } from './beneath.ts';
import { changesOf } from './changes-of.ts';
import { differencesOf, type Differences } from './differences.ts';
import { keptState, scannedState, type FileState } from './file-state.ts';
import { hasSteps, planRestore, stepPaths, type RestorePlan } from './plan-restore.ts';
import { isTemporary } from './temporary-name.ts';

/** Somebody who writes meanwhile is not chased for ever. */
const MOST_ROUNDS = 3;

interface Look {
  scanned: Scanned;
  seen: SeenEntries;
  present: FileState;
  differences: Differences;
  plan: RestorePlan;
}

interface Restoring {
  shadow: Shadow;
  request: RestoreRequest;
  wanted: FileState;
  isAsked: (path: string) => boolean;
  /** Byte paths whose content is read again, whatever their stat says. */
  written: Set<string>;
  /** Byte paths that somebody else wrote to since this restore began: theirs stays. */
  touched: Set<string>;
}

class Clock {
  readonly took = { restoreMs: 0, verifyMs: 0 };

  async time<T>(what: keyof Clock['took'], work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.took[what] += performance.now() - from;
    }
  }
}

/** `assertHeld` throws when this restore may not go on. */
export async function restoreTree(shadow: Shadow, request: RestoreRequest, assertHeld: () => Promise<void>): Promise<RestoreResult> {
  const clock = new Clock();
  const restoring: Restoring = { shadow, request, isAsked: askedFor(request.paths), wanted: await keptState(shadow.git, request), written: new Set(), touched: new Set() };
  const first = await clock.time('restoreMs', () => look(restoring));
  const changes = await changesOf(shadow.git, { ...first, wanted: restoring.wanted, renames: request.paths === null });
  const unknown = await unknownPaths(shadow.git, request.paths, [first.present, restoring.wanted]);
  const { last, refused } = request.dryRun ? { last: first, refused: new Map<string, string>() } : await rounds(restoring, first, { assertHeld, clock });
  const left = request.dryRun ? last.plan.blocked : leftOver(last.plan, refused);
  const notRestored = [...unknown, ...[...left].map(([path, reason]) => ({ path: shownPath(path), reason }))];
  return { changes, notRestored, after: await keepScanned(shadow, last.scanned), took: clock.took, exact: unknown.length === 0 && last.plan.differing.size === 0 };
}

/** `left`: of a second look, what could not be done before it. */
async function look({ shadow, request, wanted, isAsked, written, touched }: Restoring, left?: ReadonlySet<string>): Promise<Look> {
  const { isExcluded, maxFileBytes, key } = scanOptions(request);
  // What a killed restore has left is seen, whatever the plan excludes.
  const excluded = (path: string): boolean => !isTemporary(path) && isExcluded(path);
  const options = { isExcluded: excluded, maxFileBytes, key: `restore ${key}`, borrow: true, distrusted: written };
  const { scanned, seen } = await shadow.scan(options, async (found) => ({ scanned: found, seen: shadow.lastSeen() }));
  const present = scannedState(scanned);
  const differences = await differencesOf(shadow.git, present, wanted);
  if (left) for (const path of writtenMeanwhile(differences, left)) touched.add(path);
  return { scanned, seen, present, differences, plan: planRestore({ differences, present, wanted, isExcluded: excluded, isAsked, touched }) };
}

/** Everything else was as wanted a moment ago: that it is not is somebody else's work, and in no checkpoint that anybody knows of. */
const writtenMeanwhile = (differences: Differences, left: ReadonlySet<string>): string[] =>
  [...differences].flatMap(([path, { present }]) => (present && present.kind !== 'folder' && !left.has(path) && !isTemporary(path) ? [path] : []));

async function rounds(restoring: Restoring, first: Look, { assertHeld, clock }: { assertHeld: () => Promise<void>; clock: Clock }): Promise<{ last: Look; refused: Map<string, string> }> {
  const refused = new Map<string, string>();
  let last = first;
  for (let round = 0; round < MOST_ROUNDS && hasSteps(last.plan); round += 1) {
    if (round > 0 && stepPaths(last.plan).every((path) => refused.has(path))) break;
    for (const path of stepPaths(last.plan)) restoring.written.add(path);
    const { plan, seen } = last;
    await clock.time('restoreMs', () => carryOut(restoring, plan, { refused, assertHeld, seen }));
    const left = new Set([...refused.keys(), ...plan.blocked.keys()]);
    last = await clock.time('verifyMs', () => look(restoring, left));
  }
  return { last, refused };
}

async function carryOut({ shadow, touched }: Restoring, plan: RestorePlan, with_: Pick<Applying, 'refused' | 'assertHeld' | 'seen'>): Promise<void> {
  const beneath = new Beneath(shadow.workspace);
  try {
    await applyPlan({ git: shadow.git, beneath, touched, ...with_ }, plan);
  } finally {
    beneath.close();
  }
}

/** What still differs, and why. */
function leftOver({ differing, blocked }: RestorePlan, refused: ReadonlyMap<string, string>): Map<string, string> {
  const reason = (path: string): string => blocked.get(path) ?? refused.get(path) ?? WRITTEN_MEANWHILE;
  return new Map([...differing].map((path) => [path, reason(path)]));
}
