/**
 * Fake activities, typed as the real ones: one world per project, found by the project's name in every call. A test says
 * what differs from a world in which every turn succeeds.
 */
import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type {
  Activities, ChecksResult, JudgeResult, JudgeTurn, MilestoneBrief, ProjectBrief, RecordState, RunReport, RunResult, RunStalled, RunTurn, TaskBrief,
} from '../../src/activities/contract.ts';
import type { FailureKind } from '../../src/domain/failure-kind.ts';

export interface Call {
  name: keyof Activities;
  input: Record<string, unknown>;
}

export interface World {
  project: string;
  brief: ProjectBrief;
  milestones: Map<string, MilestoneBrief>;
  calls: Call[];
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
  const world = { project, brief, milestones: new Map(milestones.map((m) => [m.milestone, m])), calls: [], on };
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

/** Heartbeats until it is cancelled, as an activity of ours does. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  return context.cancelled.finally(() => clearInterval(beat));
}

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
    claimWorkspace: async () => ({ epoch: 7 }),
    releaseWorkspace: async () => undefined,
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
  'loadProject', 'loadMilestone', 'recordState', 'judgeTurn', 'takeSeat', 'leaveSeat', 'claimWorkspace', 'releaseWorkspace', 'takeBaseline',
  'beginTurn', 'endTurn', 'runChecks', 'reviewTurn', 'runTurn', 'stopRun',
];

function dispatch(name: keyof Activities) {
  return async (input: { project: string }): Promise<unknown> => {
    const world = worlds.get(input.project);
    if (!world) throw failure('unknown_plan', `no plan of project ${input.project} is stored`);
    world.calls.push({ name, input });
    const all = { ...ordinary(world), ...world.on } as Record<string, (input: object) => Promise<unknown>>;
    return all[name]?.(input);
  };
}

export const fakeActivities = Object.fromEntries(NAMES.map((name) => [name, dispatch(name)])) as unknown as Activities;

export const callsOf = (world: World, name: keyof Activities): Call['input'][] => world.calls.filter((c) => c.name === name).map((c) => c.input);

/** What the read side was told, in order. */
export const records = (world: World): RecordState[] => callsOf(world, 'recordState') as unknown as RecordState[];

/** Names of the calls about one turn, in order. */
export const turnCalls = (world: World, turn: number): string[] =>
  world.calls.filter((c) => c.input.turn === turn).map((c) => c.name);
