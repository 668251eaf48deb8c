/**
 * Everything a milestone remembers: one plain JSON object, handed on whole by continue-as-new. `step` says what comes
 * next, so a run can end and go on between any two activities, also while it waits for a person.
 */
import type { MilestoneBrief, MilestoneRef, RecordState } from '../activities/contract.ts';
import type { BreakpointKind } from '../domain/breakpoints.ts';
import type { GivenAnswer } from '../domain/gate-policy.ts';
import type { Worked } from '../domain/limits/time.ts';
import type { TaskState, WorkState } from '../domain/states.ts';
import type { FailureReason, TurnOutcomeKind } from '../domain/turn-outcome.ts';
import type { InboxState } from './inbox.ts';
import type { Order } from './order.ts';
import { lanesOf, restingOf, type Lane, type Shared } from './lane.ts';

export interface MilestoneInput extends MilestoneRef {
  /** Begin paused: the project was paused when this milestone's turn came. */
  paused?: boolean;
  /** Continue as new after this many history events even when the server has not asked for it. */
  historyLimit?: number;
  /** State of the run before; only continue-as-new sets it. */
  carried?: MilestoneState;
}

export interface MilestoneResult {
  milestone: string;
  state: 'completed';
  costUsd: number;
  tasks: { id: string; state: TaskState; turns: number }[];
}

export type TurnStepName = 'beginTurn' | 'runTurn' | 'endTurn' | 'runChecks' | 'reviewTurn' | 'judgeTurn';

export type Step =
  | { at: 'claimWorkspace' | 'takeBaseline' | 'chooseTask' | 'complete' | 'closed' }
  /** Nothing to do here before a task that works beside is done, or before then. */
  | { at: 'awaitLanes'; until?: string }
  /** Null: of the whole milestone. */
  /** `was`: of a whole milestone, the state of the task that a question about it has set to work again. `again`: how often setup has failed. */
  | { at: 'openWorktree' | 'bringBack' | 'closeWorktree'; task: string | null; was?: TaskState; again?: number }
  /** The worktree of a fork, before anything is begun in it. `again`: as above. */
  | { at: 'setUpFork'; again?: number }
  | { at: TurnStepName; task: string }
  | { at: 'putBack'; task: string; when: 'during' | 'before'; by: string | null; question: string }
  /** No task may start before then. */
  | { at: 'awaitRetry'; until: string }
  /** Until then, then the next run of the turn. */
  | { at: 'sleep'; task: string; until: string; why: string }
  /** A person has answered `restore`; `question` is asked again where that cannot be done. */
  | { at: 'restore'; task: string; id: string; question: { kind: BreakpointKind; back: Step; detail?: Record<string, unknown> }; note: string | null; by: string | null }
  /** A question is open; `back` is the step that led to it, `tree` and `reason` what is asked about, and why. */
  | { at: 'ask'; breakpoint: string; kind: BreakpointKind; task: string | null; back: Step; until?: string; hold?: boolean; detail?: Record<string, unknown>; tree?: string; reason?: string };

export interface More {
  turns?: number;
  ms?: number;
}

export interface TaskProgress {
  id: string;
  state: TaskState;
  /** Attempt, from 1; 0 before the first. */
  turn: number;
  /** Run of that attempt, from 1. */
  seq: number;
  outcome: TurnOutcomeKind | null;
  /** For `failed`. */
  failure?: FailureReason | null;
  /** Times in a row that it has waited for the API or a limit. */
  waits?: number;
  /** The next attempt is not begun before (RFC 3339). */
  retryAt?: string;
  /** No plan knows it any more; it was not begun. */
  dropped?: boolean;
  /** No waiting for usage windows that reset by then (RFC 3339). */
  usageSkipped?: string;
  /** Turns of the model that its run may take, and with how many it goes on when it reaches them (null: a person is asked). */
  maxTurns?: number;
  enlargeTo?: number | null;
  /** It has reached its limit of turns once, and has twice as many from then on. */
  enlarged?: boolean;
  /** Why its next run goes on although the one before had ended at a limit. */
  goesOn?: string;
  /** Its files were restored: its session is not gone on with. */
  isFresh?: boolean;
  /** A person said: judge what is there, and try no more. */
  finish?: boolean;
  /** Granted by people, beyond the plan. */
  more?: More;
  /** How long the agent has worked at the attempt, and at the task with all its attempts. */
  worked?: Worked;
  /** Attempts since the task began or a person granted new ones. */
  attemptsUsed: number;
  failuresInRow: number;
  /** The same, before the current attempt: a second judgement of one attempt counts it once. */
  failuresBefore: number;
  /** Why the next attempt exists. */
  note: string | null;
  skipReview: boolean;
  /** Tree whose weaker evidence a person has accepted. */
  weakeningsApproved?: string;
  tree: string | null;
  /** Files have changed since its end was measured; a person was asked about them as they are now. */
  moved?: boolean;
  /** Times that the end of the attempt was measured anew, apart from the ends of its runs. */
  again?: number;
  /** The attempt before, as it ended; until this one has begun. */
  earlier?: Pick<TaskProgress, 'seq' | 'outcome' | 'failure' | 'failuresBefore' | 'asked' | 'again'>;
  /** Questions asked about the next attempt, which was not begun. */
  askedLater?: TaskProgress['asked'];
  quality: number | null;
  confidence: number | null;
  /** Tree of files that somebody has changed before the turn, and a person has kept. */
  keptTree?: string;
  /** A person's answer to the call that the attempt waits with. */
  answered?: GivenAnswer | null;
  /** Attempt in which the plan of the task was accepted. */
  planAccepted?: number;
  /** Questions of each kind asked about the current attempt. */
  asked: Partial<Record<BreakpointKind, number>>;
}

export interface MilestoneState extends Lane {
  epoch: number | null;
  /** Lease of the workspace itself, held for a moment by a milestone that works elsewhere. */
  rootEpoch?: number;
  /** By task. */
  lanes?: Record<string, Lane>;
  /** Task whose result is being brought back: nobody else may write in the workspace. */
  bringing?: string;
  tasks: TaskProgress[];
  inbox: InboxState;
  /** Questions of each kind asked about the milestone as a whole. */
  asked: Partial<Record<BreakpointKind, number>>;
  /** Highest occurrence of any question asked before this workflow began: a new run of a project never repeats an id. */
  askedInEarlierRuns?: number;
  /** Granted by people for all tasks, beyond the plan. */
  more?: More;
  /** Questions whose answer was an extension that is granted already. */
  extended?: string[];
  /** Times that the project's budget was raised. */
  projectRaises?: number;
  paused: boolean;
  /** Of a fork: the task that comes first. */
  goesOnWith?: string;
  /** Plan that is followed now; absent: that of the input. */
  followed?: string;
  /** Plan that is taken before the next step; `removed`: tasks it does not know. */
  nextPlan?: { planSha256: string; by: string | null; removed: string[] };
  final: 'completed' | 'failed' | 'cancelled' | null;
  costUsd: number;
  /** Rules that a person allowed for good. */
  granted?: string[];
  /** What the read side has been told. */
  recorded: { state: WorkState; tasks: Record<string, TaskState> };
  /** What it has not been told yet; goes along with the next record. */
  unrecorded: Required<Pick<RecordState, 'opened' | 'answered' | 'events'>> & Pick<RecordState, 'urged' | 'raised'>;
  /** A restore that somebody has asked for beside the steps; none begins meanwhile. */
  restoring?: string;
  /** Ids of questions that nobody outside has been told of yet. */
  untold?: string[];
  /** Search attributes as last written. */
  shown: string;
}

/** What the steps work on. The state is carried over; the rest is fetched again by every run. */
export interface Milestone {
  input: MilestoneInput;
  brief: MilestoneBrief;
  state: MilestoneState;
  /** The line of work that a step belongs to; the milestone's own is the state itself. */
  lane: Lane;
  /** Made when a task is first chosen. */
  order?: Order;
  /** Stays the same through continue-as-new: who holds the lease. */
  firstRunId: string;
  /** Of this run of the workflow, for all its lines of work. */
  shared: Shared;
}

export function newState(input: MilestoneInput): MilestoneState {
  return {
    step: { at: 'claimWorkspace' },
    epoch: null,
    tasks: [],
    inbox: { open: [], early: [], settled: [], answers: [] },
    asked: {},
    paused: input.paused ?? false,
    resting: null,
    final: null,
    costUsd: 0,
    recorded: { state: 'pending', tasks: {} },
    unrecorded: { opened: [], answered: [], events: [] },
    shown: '',
  };
}

export function newTask(id: string): TaskProgress {
  return {
    id, state: 'pending', turn: 0, seq: 0, outcome: null, attemptsUsed: 0, failuresInRow: 0, failuresBefore: 0,
    note: null, skipReview: false, tree: null, quality: null, confidence: null, asked: {},
  };
}

/** All pending; those of a fork as they were where it begins. */
export function beginTasks(state: MilestoneState, { tasks, fork }: MilestoneBrief): void {
  state.tasks = tasks.map(({ id }) => newTask(id));
  if (!fork) return;
  for (const { id, state: is } of fork.over) taskOf(state, id).state = state.recorded.tasks[id] = is;
  taskOf(state, fork.task).note = fork.note;
  state.goesOnWith = fork.task;
}

/** The task of that id; a step never names another. */
export function taskOf(state: MilestoneState, id: string): TaskProgress {
  const task = state.tasks.find((t) => t.id === id);
  if (!task) throw new RangeError(`no task ${id} in this milestone`);
  return task;
}

/** Of the step that is next or under way. */
export const taskIn = (step: Step): string | null => ('task' in step ? step.task : null);

/** A plan waits to be taken, and nothing is under way that it does not know. */
export function planWaits(state: MilestoneState): boolean {
  const { nextPlan } = state;
  if (!nextPlan) return false;
  return lanesOf(state).every(({ step }) => {
    const task = taskIn(step);
    return task === null || !nextPlan.removed.includes(task);
  });
}

export function workState(state: MilestoneState): WorkState {
  if (state.final) return state.final;
  if (state.inbox.open.length > 0) return 'waiting';
  const resting = restingOf(state);
  if (resting) return resting.why === 'paused' ? 'paused' : 'waiting';
  return 'running';
}
