/**
 * The result of a worktree comes back to the workspace: merged there, checked there, and taken back when the checks say no. Before a
 * file is touched it is on record what will be written, so that whoever repeats a step that was cut off writes the same.
 */
import { insertCheckpoint } from '../db/checkpoints.ts';
import { baselineOf, lastRuns } from '../db/evidence.ts';
import { noteEvent } from '../db/events.ts';
import { changeWorktree, worktreeOf, type Worktree } from '../db/worktrees.ts';
import { compareCheck } from '../domain/evidence-compare.ts';
import type { CheckEvidence } from '../domain/evidence.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { CheckpointResult, MergedTrees, TreeAndSidecar } from '../domain/host-api.ts';
import { describeCheck, unmetText } from '../domain/judge/feedback.ts';
import { hasMarkers } from '../domain/merge-markers.ts';
import type { CheckSpec } from '../domain/plan.ts';
import { measureAll } from './check-measure.ts';
import { endCheck, type CheckCall } from './check-run.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { HostActivities, MergeCall, MergeChecked, MergedWorktree, UndoMerge, WorktreeCall } from './contract.ts';
import type { Deps } from './deps.ts';
import { withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { treesOf } from './places.ts';
import { planned, type Planned } from './plans.ts';
import { restoreFiles } from './restore-files.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';
import { atRoot, leaseOf, worktreeFor } from './worktrees.ts';

const MAX_LISTED = 20;
const MAX_FEEDBACK = 4_000;
/** Runs of checks on merged files are counted apart from those of the turn itself. */
const MERGE_RUNS = 500;

interface Bringing {
  call: WorktreeCall;
  worktree: Worktree;
  /** As seen from the workspace, and from the worktree. */
  root: Planned;
  there: Planned;
}

async function bringing(deps: Deps, call: WorktreeCall): Promise<Bringing> {
  const [worktree, context] = await Promise.all([worktreeFor(deps, call), planned(deps, call)]);
  const root = atRoot(context);
  return { call, worktree, root, there: { ...context, place: { ...root.place, path: worktree.path } } };
}

const rootCall = ({ milestone, rootEpoch }: WorktreeCall): { milestone: string; epoch: number } => ({ milestone, epoch: rootEpoch });

/** What checks or people have written since the merge, or while it was written, is on no record yet: it becomes a checkpoint first. */
async function writeRoot(deps: Deps, { root, call, worktree }: Bringing, to: TreeAndSidecar, beat: Beat): Promise<void> {
  const present = await takeCheckpoint(deps, root, rootCall(call), beat);
  const onRecord = [worktree.ours, worktree.merged, to].map((one) => one?.tree);
  if (!onRecord.includes(present.tree)) {
    await insertCheckpoint(deps.db, { ...leaseOf(call), kind: 'merge' }, present);
    const message = `${call.task ?? call.milestone}: files in the workspace that nobody had on record are kept as a checkpoint, before ${to.tree.slice(0, 12)} is written there`;
    await noteEvent(deps.db, { project: call.project, milestone: call.milestone, kind: 'merge_saved', message, key: `${worktree.branch}/${present.tree}` });
  }
  await restoreFiles(hostOf(deps, root, beat.signal), { ...fenceOf(root, rootCall(call)), ...checkpointSettings(root) }, to);
}

const writeThere = (deps: Deps, { there, call }: Bringing, to: TreeAndSidecar, beat: Beat): Promise<void> =>
  restoreFiles(hostOf(deps, there, beat.signal), { ...fenceOf(there, call), ...checkpointSettings(there) }, to);

async function merge(deps: Deps, call: MergeCall, beat: Beat): Promise<MergedWorktree> {
  const it = await bringing(deps, call);
  const { worktree } = it;
  if (worktree.state === 'merging') return writeMerged(deps, it, needed(worktree.merged), beat);
  if (worktree.state === 'conflicting') return writeBothSides(deps, it, beat);
  const left = await unresolvedIn(deps, it, beat);
  if (left.length > 0) return { kind: 'unresolved', ...listed(left) };
  const theirs = await takeCheckpoint(deps, it.there, call, beat);
  const outgrown = await outgrownIn(deps, it, theirs, beat);
  if (outgrown.length > 0) return { kind: 'outgrown', ...listed(outgrown) };
  const ours = await takeCheckpoint(deps, it.root, rootCall(call), beat);
  const merged = await mergeOf(deps, it, ours, theirs, beat);
  const isClean = merged.conflicts.length === 0;
  const change = { state: isClean ? 'merging' : 'conflicting', ours, merged, saved: theirs, conflicts: merged.conflicts, evidence: null, begins: true } as const;
  await changeWorktree(deps.db, leaseOf(call), worktree.id, change);
  const begun = { ...it, worktree: { ...worktree, ...change, merges: worktree.merges + 1 } };
  return isClean ? writeMerged(deps, begun, merged, beat) : writeBothSides(deps, begun, beat);
}

const listed = (paths: string[]): { paths: string[]; more: number } => ({ paths: paths.slice(0, MAX_LISTED), more: Math.max(0, paths.length - MAX_LISTED) });

/** Of lines `path: reason`. */
const isLeftOut = (notCovered: readonly string[], path: string): boolean => notCovered.some((line) => line.startsWith(`${path}: `));

async function outgrownIn(deps: Deps, { there, worktree }: Bringing, { tree, notCovered }: CheckpointResult, beat: Beat): Promise<string[]> {
  if (notCovered.length === 0) return [];
  const { changes } = await onHost(hostOf(deps, there, beat.signal), (api) => api.diffTrees({ ...treesOf(there), from: worktree.base.tree, to: tree }));
  const gone = changes.flatMap(({ op, path, from }) => (op === 'delete' ? [path] : (from ?? [])));
  return gone.filter((path) => isLeftOut(notCovered, path));
}

function mergeOf(deps: Deps, { root, worktree }: Bringing, ours: TreeAndSidecar, theirs: TreeAndSidecar, beat: Beat): Promise<MergedTrees> {
  const pair = ({ tree, sidecar }: TreeAndSidecar): TreeAndSidecar => ({ tree, sidecar });
  const request = { workspace: root.place.root, base: worktree.base, ours: pair(ours), theirs: pair(theirs) };
  return onHost(hostOf(deps, root, beat.signal), (api) => api.mergeTrees(request));
}

async function writeMerged(deps: Deps, it: Bringing, merged: TreeAndSidecar, beat: Beat): Promise<MergedWorktree> {
  await writeRoot(deps, it, merged, beat);
  return { kind: 'merged' };
}

/** From now on the worktree has the workspace's side too: that is what both have in common. */
async function writeBothSides(deps: Deps, it: Bringing, beat: Beat): Promise<MergedWorktree> {
  const { worktree: { conflicts } } = it;
  await goOnWithBoth(deps, it, beat);
  return { kind: 'conflict', conflicts: conflicts.slice(0, MAX_LISTED), more: Math.max(0, conflicts.length - MAX_LISTED) };
}

async function goOnWithBoth(deps: Deps, it: Bringing, beat: Beat): Promise<void> {
  const { worktree: { id, merged, ours, branch, merges }, call } = it;
  await writeThere(deps, it, needed(merged), beat);
  const { project, milestone, task } = call;
  // Before the row is open again: whoever has not got so far does both once more.
  await noteEvent(deps.db, { project, milestone, kind: 'worktree_updated', message: `${task ?? milestone}: its worktree holds the files of the workspace too`, key: `${branch}/${merges}` });
  await changeWorktree(deps.db, leaseOf(call), id, { state: 'open', base: needed(ours), ours: null, merged: null });
}

/** Paths of the last conflict in which nobody has decided yet. */
async function unresolvedIn(deps: Deps, { worktree, there, call }: Bringing, beat: Beat): Promise<string[]> {
  const paths = worktree.conflicts.map(({ path }) => path);
  if (paths.length === 0) return [];
  const { tree, notCovered } = await takeCheckpoint(deps, there, call, beat);
  const left: string[] = [];
  // One by one: a file may be as large as checkpoints hold. What has outgrown them cannot be looked at, nor brought back.
  for (const path of paths) {
    const { files } = await onHost(hostOf(deps, there, beat.signal), (api) => api.readFiles({ ...treesOf(there), tree, paths: [path], maxBytes: there.plan.policy.snapshot.maxFileBytes }));
    const isLeft = files.some(({ text }) => text !== null && hasMarkers(text));
    if (isLeft || isLeftOut(notCovered, path)) left.push(path);
  }
  return left;
}

function needed<T>(value: T | null): T {
  if (value === null) throw new HoldpointError('internal', 'a merge that is under way is not on record');
  return value;
}

const holdsFor = (check: CheckSpec, { task }: WorktreeCall): boolean => check.tasks === null || task === null || check.tasks.includes(task);

/** On the merged files in the workspace; may be repeated: a check that has begun is found again. */
async function check(deps: Deps, call: MergeCall, beat: Beat): Promise<MergeChecked> {
  const { worktree, root } = await bringing(deps, call);
  const evidence = worktree.evidence ?? (await measure(deps, call, { worktree, root }, beat));
  if (!worktree.evidence) await changeWorktree(deps.db, leaseOf(call), worktree.id, { evidence });
  const { project, milestone, task } = call;
  const said = evidence.map(describeCheck).join('; ') || 'there are no checks';
  const message = `${task ?? milestone}: on the merged files ${needed(worktree.merged).tree.slice(0, 12)}: ${said}`;
  await noteEvent(deps.db, { project, milestone, kind: 'merge_checked', message: message.slice(0, 1_000), key: `${worktree.branch}/${worktree.merges}` });
  const { tree: merged } = needed(worktree.merged);
  const met = evidence.every(({ required, met: isMet }) => !required || isMet);
  return { met, feedback: unmetText(evidence).slice(0, MAX_FEEDBACK), merged, tree: evidence.at(-1)?.treeAfter ?? merged };
}

const runsOf = (call: MergeCall, { merges }: Worktree): Pick<CheckCall, 'ref' | 'turn'> =>
  ({ ref: { ...call, epoch: call.rootEpoch }, turn: { ...call.turn, run: MERGE_RUNS + merges } });

async function measure(deps: Deps, call: MergeCall, { worktree, root }: Pick<Bringing, 'worktree' | 'root'>, beat: Beat): Promise<CheckEvidence[]> {
  const [before, last] = await Promise.all([baselineOf(deps.db, call), lastRuns(deps.db, call)]);
  const checks = root.plan.checks.filter((one) => holdsFor(one, call));
  const measured = await measureAll(deps, { context: root, ...runsOf(call, worktree), tree: needed(worktree.merged).tree, before, last }, checks, beat);
  return measured.map(({ check: spec, first, second }) => compareCheck(spec, first, second, before.find(({ name }) => name === spec.name) ?? null));
}

/** Whoever followed them may be dead. */
async function endChecks(deps: Deps, call: MergeCall, { root, worktree }: Pick<Bringing, 'worktree' | 'root'>, beat: Beat): Promise<void> {
  const of = { context: root, ...runsOf(call, worktree) };
  for (const one of root.plan.checks.filter((spec) => holdsFor(spec, call))) await endCheck(deps, { ...of, check: one }, beat);
}

/** The workspace is as it was before. May be repeated, also where nothing was written. */
async function undo(deps: Deps, call: UndoMerge, beat: Beat): Promise<void> {
  if ((await worktreeOf(deps.db, call))?.state !== 'merging') return;
  const it = await bringing(deps, call);
  if (!call.goesOn && call.turn) await endChecks(deps, { ...call, turn: call.turn }, it, beat);
  const { id, ours } = it.worktree;
  await writeRoot(deps, it, needed(ours), beat);
  if (call.goesOn) await goOnWithBoth(deps, it, beat);
  else await changeWorktree(deps.db, leaseOf(call), id, { state: 'open', ours: null, merged: null });
}

/** It stays in the workspace; the worktree gets the same files, for whatever comes after. */
async function finish(deps: Deps, call: WorktreeCall, beat: Beat): Promise<void> {
  const it = await bringing(deps, call);
  const { id, state, merged } = it.worktree;
  if (state !== 'merging') return;
  await writeThere(deps, it, needed(merged), beat);
  await changeWorktree(deps.db, leaseOf(call), id, { state: 'merged', base: needed(merged), ours: null, merged: null, conflicts: [] });
}

export const createBringBack = (deps: Deps): Pick<HostActivities, 'mergeWorktree' | 'checkMerged' | 'undoMerge' | 'finishMerge'> => ({
  mergeWorktree: (call) => withHeartbeat((beat) => merge(deps, call, beat)),
  checkMerged: (call) => withHeartbeat((beat) => check(deps, call, beat)),
  undoMerge: (call) => withHeartbeat((beat) => undo(deps, call, beat)),
  finishMerge: (call) => withHeartbeat((beat) => finish(deps, call, beat)),
});
