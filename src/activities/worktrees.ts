/** Worktrees as the workflow asks for them: made, cleared away, left where they are. What brings one back is in bring-back.ts. */
import { noteEvent } from '../db/events.ts';
import type { LeaseRef } from '../db/lease-fence.ts';
import { changeWorktree, insertWorktree, worktreeOf, worktreesOf, type Worktree } from '../db/worktrees.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { CheckpointResult } from '../domain/host-api.ts';
import { worktreeBranch, worktreePath } from '../domain/isolation.ts';
import { runCheck } from './check-run.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { ClosedWorktree, HostActivities, OpenedWorktree, OpenWorktree, Readiness, SetUpFork, WorktreeCall } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { rootOf } from './places.ts';
import { planned, type Planned } from './plans.ts';
import { restoreFiles } from './restore-files.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';

/** The lease under which rows of it are written: of the workspace, by the milestone that holds it. */
export const leaseOf = ({ project, milestone, rootEpoch, task }: WorktreeCall): LeaseRef =>
  ({ project, milestone, epoch: rootEpoch, ...thisAttempt(), ...(task !== null && { lane: task }) });

/** The plan as seen from the workspace itself. */
export const atRoot = (context: Planned): Planned => ({ ...context, place: rootOf(context.plan) });

export async function worktreeFor(deps: Deps, call: Omit<WorktreeCall, 'rootEpoch' | 'epoch' | 'workflowRunId'>): Promise<Worktree> {
  const found = await worktreeOf(deps.db, call);
  if (!found) throw new HoldpointError('internal', `${call.project}/${call.milestone}${call.task === null ? '' : `/${call.task}`} has no worktree`);
  return found;
}

/** May be repeated: the files are put there once, before there is a row; setup is found again where it has begun. */
async function open(deps: Deps, call: OpenWorktree, beat: Beat): Promise<OpenedWorktree> {
  const context = atRoot(await planned(deps, call));
  const known = await worktreeOf(deps.db, call);
  const { path, branch } = known?.holder === call.workflowRunId ? known : await make(deps, context, call, beat);
  const { project, milestone, task, rootEpoch, again } = call;
  const setup = { name: `setup-${task ?? 'milestone'}-${rootEpoch}`, project, milestone, epoch: fenceThere(call), again };
  const unready = await setUp(deps, { ...context, place: { ...context.place, path } }, setup, beat);
  await noteEvent(deps.db, { project, milestone, kind: 'worktree_opened', message: `${task ?? milestone} works in ${path} on branch ${branch}`, key: branch });
  return { path, branch, ...(unready !== undefined && { unready }) };
}

/** The number of who works there: of a whole milestone nobody has one yet. */
const fenceThere = ({ task, epoch }: WorktreeCall): number => (task === null ? 0 : epoch);

async function make(deps: Deps, context: Planned, call: WorktreeCall, beat: Beat): Promise<OpenedWorktree> {
  const target = hostOf(deps, context, beat.signal);
  const base = await takeCheckpoint(deps, context, { ...call, epoch: call.rootEpoch }, beat);
  const { path, branch, commit } = await add(deps, context, call, beat);
  const there = { ...context, place: { ...context.place, path } };
  const fence = fenceOf(there, { milestone: call.milestone, epoch: fenceThere(call) });
  await onHost(target, (api) => api.claimWorkspace(fence));
  await restoreFiles(target, { ...fence, ...checkpointSettings(there) }, base);
  const { project, milestone, task, workflowRunId: holder } = call;
  await insertWorktree(deps.db, leaseOf(call), { project, milestone, task, holder, host: context.plan.workspace.host, root: context.place.root, path, branch, commit, base });
  return { path, branch };
}

async function add(deps: Deps, context: Planned, call: WorktreeCall, beat: Beat): Promise<OpenedWorktree & { commit: string }> {
  const { plan, place: { root } } = context;
  const name = { ...call, epoch: call.rootEpoch };
  const branch = worktreeBranch(name);
  const request = {
    ...fenceOf(context, name), path: worktreePath(root, plan.isolation?.folder, name), branch,
    link: plan.isolation?.link ?? [], exclude: plan.policy.snapshot.exclude,
  };
  const { path, commit } = await onHost(hostOf(deps, context, beat.signal), (api) => api.addWorktree(request));
  return { path, branch, commit };
}

/** `name`: of its runs. The other keys say whose worktree it is, and with which number one writes there. */
interface Setup {
  name: string;
  project: string;
  milestone: string;
  epoch: number;
  again?: number;
}

/**
 * As a check is run: with its own time, found again when its follower dies. Files it writes that checkpoints cover come back with the result.
 * Why it failed, for people.
 */
async function setUp(deps: Deps, context: Planned, { name, again = 0, ...ref }: Setup, beat: Beat): Promise<string | undefined> {
  const { setup } = context.plan.isolation ?? {};
  if (!setup) return undefined;
  const check = { name, run: setup.run, timeoutMs: setup.timeoutMs, required: true, expect: 'pass', measures: 'syntax', tasks: null } as const;
  const run = await runCheck(deps, { context, check, ref, turn: null, seq: 1 + again }, beat);
  if (run.exitCode === 0) return undefined;
  return `isolation.setup failed in the worktree ${context.place.path} (${run.timedOut ? 'too long' : `exit code ${run.exitCode}`}): ${run.tail.slice(-500).trim()}`;
}

/** It is where the fork works: claimed under its own number, with its files. */
async function setUpFork(deps: Deps, { project, milestone, epoch, again, ...call }: SetUpFork, beat: Beat): Promise<Readiness> {
  const context = await planned(deps, { project, milestone, ...call });
  const unready = await setUp(deps, context, { name: `setup-fork-${epoch}`, project, milestone, epoch, again }, beat);
  return unready === undefined ? {} : { unready };
}

/** What of it no checkpoint holds, apart from what the plan leaves out. */
const unsaved = ({ notCovered }: CheckpointResult): string[] => notCovered.filter((line) => !line.endsWith(': excluded'));

/** Nothing in one that is gone already: an attempt before this has saved and removed it. */
async function unsavedIn(deps: Deps, call: WorktreeCall, worktree: Worktree, beat: Beat): Promise<string[]> {
  try {
    return unsaved(await save(deps, call, worktree, beat));
  } catch (error) {
    if (error instanceof HoldpointError && error.kind === 'workspace_missing') return [];
    throw error;
  }
}

async function save(deps: Deps, call: WorktreeCall, worktree: Worktree, beat: Beat): Promise<CheckpointResult> {
  const context = await planned(deps, call);
  const saved = await takeCheckpoint(deps, { ...context, place: { ...context.place, path: worktree.path } }, call, beat);
  await changeWorktree(deps.db, leaseOf(call), worktree.id, { saved });
  return saved;
}

/** Nothing that nobody has saved is deleted: where a checkpoint cannot hold it, the worktree stays. May be repeated. */
async function close(deps: Deps, call: WorktreeCall, beat: Beat): Promise<ClosedWorktree> {
  const worktree = await worktreeOf(deps.db, call);
  if (!worktree) return { kept: null, branch: null };
  const lost = await unsavedIn(deps, call, worktree, beat);
  if (lost.length > 0) return keep(deps, call, worktree, `no checkpoint holds ${lost.slice(0, 5).join(', ')}${lost.length > 5 ? ` and ${lost.length - 5} more` : ''}`);
  const context = atRoot(await planned(deps, call));
  const { path, branch, commit } = worktree;
  const removal = { ...fenceOf(context, { ...call, epoch: call.rootEpoch }), path, branch, commit };
  const removed = await onHost(hostOf(deps, context, beat.signal), (api) => api.removeWorktree(removal));
  await changeWorktree(deps.db, leaseOf(call), worktree.id, { state: 'removed' });
  return { kept: null, branch: removed.branch };
}

async function keep(deps: Deps, call: WorktreeCall, { id, path, branch }: Worktree, why: string): Promise<ClosedWorktree> {
  await changeWorktree(deps.db, leaseOf(call), id, { state: 'kept' });
  const { project, milestone, task } = call;
  await noteEvent(deps.db, { project, milestone, kind: 'worktree_kept', message: `${task ?? milestone}: ${path} on branch ${branch} was left: ${why}`, key: branch });
  return { kept: why, branch };
}

/** At the end of a milestone that was not completed: everything stays where it is, and is a checkpoint too. One that fails holds up no other. */
async function keepAll(deps: Deps, call: Omit<WorktreeCall, 'task'>, beat: Beat): Promise<void> {
  const failures: unknown[] = [];
  for (const worktree of await worktreesOf(deps.db, call)) await keepOne(deps, { ...call, task: worktree.task }, worktree, beat).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0] as Error;
}

async function keepOne(deps: Deps, call: WorktreeCall, worktree: Worktree, beat: Beat): Promise<void> {
  await save(deps, call, worktree, beat);
  await keep(deps, call, worktree, 'the milestone has ended before it was brought back');
}

export const createWorktrees = (deps: Deps): Pick<HostActivities, 'openWorktree' | 'setUpFork' | 'closeWorktree' | 'keepWorktrees'> => ({
  openWorktree: (call) => withHeartbeat((beat) => open(deps, call, beat)),
  setUpFork: (call) => withHeartbeat((beat) => setUpFork(deps, call, beat)),
  closeWorktree: (call) => withHeartbeat((beat) => close(deps, call, beat)),
  keepWorktrees: (call) => withHeartbeat((beat) => keepAll(deps, call, beat)),
});
