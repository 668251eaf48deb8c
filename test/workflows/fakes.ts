/**
 * Fake activities, typed as the real ones: one world per project, found by the project's name in every call. A test says
 * what differs from a world in which every turn succeeds.
 */
import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type {
  Activities, ChecksResult, JudgeResult, JudgeTurn, MilestoneBrief, ProjectBrief, RecordState, RestoreReport, RunReport, RunResult, RunStalled, RunTurn, TaskBrief,
} from '../../src/activities/contract.ts';
import type { FailureKind } from '../../src/domain/failure-kind.ts';
import type { TaskState } from '../../src/domain/states.ts';
import { mayBecome } from '../../src/domain/task-states.ts';

export interface Call {
  name: keyof Activities;
  input: Record<string, unknown>;
}

export interface World {
  project: string;
  brief: ProjectBrief;
  milestones: Map<string, MilestoneBrief>;
  calls: Call[];
  /** As told last, by milestone and task. */
  states: Map<string, TaskState>;
  /** What this world does otherwise. */
  on: Partial<Activities>;
}

const worlds = new Map<string, World>();

export const task = (id: string, more: Partial<TaskBrief> = {}): TaskBrief =>
  ({ id, title: `Task ${id}`, dependsOn: [], priority: 5, deadline: null, ...more });

export const milestone = (id: string, more: Partial<MilestoneBrief> = {}): MilestoneBrief => ({
  milestone: id, title: `Milestone ${id}`, host: 'local', workspace: '/srv/code', attempts: 3, hostPatienceMs: 1_000,
  runTimeoutMs: 60_000, checksTimeoutMs: 10_000, breakpoints: { milestone_completion: { enabled: false, priority: null } },
  tasks: [task('one')], ...more,
});

interface Plan {
  milestones?: (MilestoneBrief & { dependsOn?: string[] })[];
  on?: Partial<Activities>;
}

export function newWorld({ milestones = [milestone('m')], on = {} }: Plan = {}): World {
  const project = `p-${randomBytes(5).toString('hex')}`;
  const brief = {
    project, host: 'local',
    milestones: milestones.map((m) => ({ id: m.milestone, title: m.title, dependsOn: m.dependsOn ?? [] })),
  };
  const world = { project, brief, milestones: new Map(milestones.map((m) => [m.milestone, m])), calls: [], states: new Map(), on };
  worlds.set(project, world);
  return world;
}

export const judged = (more: Partial<JudgeResult> = {}): JudgeResult => ({
  decision: 'proceed', rule: 'quality_reached', breakpoint: null, reason: 'fine', until: null, quality: 0.9, confidence: 0.8, failed: false, ...more,
});

/** The given judgements one after the other; the last one again and again. */
export function judgements(...list: Partial<JudgeResult>[]): (p: JudgeTurn) => Promise<JudgeResult> {
  let n = 0;
  return async () => judged(list[Math.min(n++, list.length - 1)]);
}

export const ran = (more: Partial<RunResult> = {}): RunResult =>
  ({ outcome: 'completed', message: 'done', until: null, costUsd: 0.25, toolCalls: 3, ...more });

/** The given runs one after the other; the last one again and again. */
export function runs(...list: Partial<RunResult>[]): (p: RunTurn) => Promise<RunReport> {
  let n = 0;
  return async () => ran(list[Math.min(n++, list.length - 1)]);
}

export const stalled = (more: Partial<RunStalled> = {}): RunStalled =>
  ({ outcome: 'stalled', message: 'The agent lives and says nothing.', kind: 'silent', offset: 10, ...more });

export const failure = (type: FailureKind, message: string, nonRetryable = true): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable });

/** Goes on until it is cancelled. */
export const untilCancelled = (): Promise<never> => Context.current().cancelled;

/** As activities of ours do: one that a test holds up is not taken for dead, and begun again, however long that is. */
async function heartbeating<T>(work: () => Promise<T> | undefined): Promise<T | undefined> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

export const restored = (more: Partial<RestoreReport> = {}): RestoreReport => ({
  checkpoint: '1', taken: 'before one #1', files: 1, effects: [], moreEffects: 0, changes: [], undo: '2', notRestored: [], moreNotRestored: 0, exact: true, tree: 'tree-before', ...more,
});

const noChecks: ChecksResult = { checks: [] };

function ordinary(world: World): Activities {
  const milestoneOf = (id: string): MilestoneBrief => {
    const found = world.milestones.get(id);
    if (!found) throw failure('unknown_plan', `no milestone ${id}`);
    return found;
  };
  return {
    loadProject: async () => world.brief,
    loadMilestone: async (p) => milestoneOf(p.milestone),
    recordState: async () => undefined,
    judgeTurn: async () => judged(),
    takeSeat: async () => undefined,
    leaveSeat: async () => undefined,
    comparePlans: async () => ({ refused: null, milestones: world.brief.milestones.map(({ id }) => ({ id, kind: 'kept', added: [], removed: [], edited: [] })), brief: world.brief }),
    adoptPlan: async () => undefined,
    tellMilestone: async () => ({ refused: null }),
    notify: async () => undefined,
    sendNotifications: async () => ({ next: null }),
    claimWorkspace: async () => ({ epoch: 7 }),
    steerAgent: async (p) => ({ reached: p.run ? 'turn' : 'next' }),
    releaseWorkspace: async () => undefined,
    setUpFork: async () => ({}),
    openWorktree: async (p) => ({ path: `/srv/code.${p.task ?? p.milestone}`, branch: `holdpoint/${p.task ?? p.milestone}` }),
    mergeWorktree: async () => ({ kind: 'merged' }),
    checkMerged: async () => ({ met: true, feedback: '', merged: 'merged', tree: 'merged' }),
    undoMerge: async () => undefined,
    finishMerge: async () => undefined,
    closeWorktree: async () => ({ kept: null, branch: null }),
    keepWorktrees: async () => undefined,
    lookAtTree: async (p) => ({ tree: p.tree, files: 0, paths: [] }),
    keepCheckpoint: async () => ({ id: '9', tree: 'tree-now', files: 1, bytes: 2, notCovered: [], moreNotCovered: 0 }),
    previewRestore: async () => ({ preview: null }),
    listEffects: async () => ({ effects: ['`git push`: pushes to a server'], moreEffects: 0 }),
    restoreFiles: async (p) => restored({ checkpoint: p.checkpoint }),
    putBack: async () => ({ undo: null }),
    stillAsked: async () => ({ answer: null }),
    takeBaseline: async () => noChecks,
    beginTurn: async (p) => ({ runKey: `${p.task}.${p.turn}.${p.seq}` }),
    endTurn: async (p) => ({ tree: `tree-${p.task}-${p.turn}`, changedFiles: 1 }),
    runChecks: async () => noChecks,
    reviewTurn: async () => ({ kind: 'reviewed', quality: 0.9, confidence: 0.8 }),
    runTurn: async () => ran(),
    stopRun: async () => undefined,
  };
}

const NAMES: (keyof Activities)[] = [
  'loadProject', 'loadMilestone', 'recordState', 'judgeTurn', 'takeSeat', 'leaveSeat', 'comparePlans', 'adoptPlan', 'tellMilestone', 'notify', 'sendNotifications', 'claimWorkspace', 'releaseWorkspace', 'openWorktree', 'setUpFork', 'mergeWorktree', 'checkMerged', 'undoMerge', 'finishMerge', 'closeWorktree', 'keepWorktrees', 'steerAgent', 'lookAtTree', 'keepCheckpoint', 'previewRestore', 'listEffects', 'restoreFiles', 'putBack', 'stillAsked', 'takeBaseline',
  'beginTurn', 'endTurn', 'runChecks', 'reviewTurn', 'runTurn', 'stopRun',
];

/** A state that the table does not allow fails the milestone, whatever the test is about. */
function tell(world: World, { milestone: of = '', tasks = [] }: RecordState): void {
  for (const { id, state } of tasks) {
    const key = `${of}/${id}`;
    const before = world.states.get(key) ?? 'pending';
    if (before !== state && !mayBecome(before, state)) throw failure('internal', `illegal: ${key} went from ${before} to ${state}`);
    world.states.set(key, state);
  }
}

function dispatch(name: keyof Activities) {
  return async (input: { project: string }): Promise<unknown> => {
    const world = worlds.get(input.project);
    if (!world) throw failure('unknown_plan', `no plan of project ${input.project} is stored`);
    world.calls.push({ name, input });
    if (name === 'recordState') tell(world, input as unknown as RecordState);
    const all = { ...ordinary(world), ...world.on } as Record<string, (input: object) => Promise<unknown>>;
    return heartbeating(() => all[name]?.(input));
  };
}

export const fakeActivities = Object.fromEntries(NAMES.map((name) => [name, dispatch(name)])) as unknown as Activities;

export const callsOf = (world: World, name: keyof Activities): Call['input'][] => world.calls.filter((c) => c.name === name).map((c) => c.input);

/** What the read side was told, in order. */
export const records = (world: World): RecordState[] => callsOf(world, 'recordState') as unknown as RecordState[];

/** Names of the calls about one turn, in order. */
/** What a question about the turn shows of a restore is no step of it. */
export const turnCalls = (world: World, turn: number): string[] =>
  world.calls.filter((c) => c.input.turn === turn && c.name !== 'previewRestore').map((c) => c.name);
