/**
 * Everything a milestone remembers: one plain JSON object, handed on whole by continue-as-new. `step` says what comes
 * next, so a run can end and go on between any two activities, also while it waits for a person.
 */
import type { MilestoneBrief, MilestoneRef, RecordState } from '../activities/contract.ts';
import type { BreakpointKind } from '../domain/breakpoints.ts';
import { milestoneWorkflowId } from '../domain/ids.ts';
import type { TaskState, WorkState } from '../domain/states.ts';
import type { FailureReason, TurnOutcomeKind } from '../domain/turn-outcome.ts';
import type { InboxState } from './inbox.ts';
import type { MilestoneStatus } from './messages.ts';

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
  | { at: TurnStepName; task: string }
  /** Until then, then the next run of the turn. */
  | { at: 'sleep'; task: string; until: string; why: string }
  /** A question is open; `back` is the step that led to it. */
  | { at: 'ask'; breakpoint: string; kind: BreakpointKind; task: string | null; back: Step; until?: string; hold?: boolean };

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
  /** No waiting for usage windows that reset by then (RFC 3339). */
  usageSkipped?: string;
  /** Attempts since the task began or a person granted new ones. */
  attemptsUsed: number;
  failuresInRow: number;
  /** The same, before the current attempt: a second judgement of one attempt counts it once. */
  failuresBefore: number;
  /** Why the next attempt exists. */
  note: string | null;
  skipReview: boolean;
  tree: string | null;
  quality: number | null;
  confidence: number | null;
  /** Questions of each kind asked about the current attempt. */
  asked: Partial<Record<BreakpointKind, number>>;
}

export interface MilestoneState {
  step: Step;
  epoch: number | null;
  tasks: TaskProgress[];
  inbox: InboxState;
  /** Questions of each kind asked about the milestone as a whole. */
  asked: Partial<Record<BreakpointKind, number>>;
  /** Highest occurrence of any question asked before this workflow began: a new run of a project never repeats an id. */
  askedInEarlierRuns?: number;
  paused: boolean;
  /** Nothing runs because of this. */
  resting: { why: 'paused' | 'lease' | 'limit' | 'seat'; since: string } | null;
  /** It has one of the host's seats, where those are limited. */
  hasSeat?: boolean;
  final: 'completed' | 'failed' | 'cancelled' | null;
  costUsd: number;
  /** What the read side has been told. */
  recorded: { state: WorkState; tasks: Record<string, TaskState> };
  /** What it has not been told yet; goes along with the next record. */
  unrecorded: Required<Pick<RecordState, 'opened' | 'answered' | 'events'>>;
  /** Search attributes as last written. */
  shown: string;
}

/** What the steps work on. The state is carried over; the rest is fetched again by every run. */
export interface Milestone {
  input: MilestoneInput;
  brief: MilestoneBrief;
  state: MilestoneState;
  /** Stays the same through continue-as-new: who holds the lease. */
  firstRunId: string;
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

/** The task of that id; a step never names another. */
export function taskOf(state: MilestoneState, id: string): TaskProgress {
  const task = state.tasks.find((t) => t.id === id);
  if (!task) throw new RangeError(`no task ${id} in this milestone`);
  return task;
}

export function workState(state: MilestoneState): WorkState {
  if (state.final) return state.final;
  if (state.inbox.open.length > 0) return 'waiting';
  if (state.resting) return state.resting.why === 'paused' ? 'paused' : 'waiting';
  return 'running';
}

export function statusOf(input: MilestoneInput, state: MilestoneState): MilestoneStatus {
  const open = state.final ? [] : state.inbox.open;
  const since = open[0]?.openedAt ?? (state.resting && state.resting.why !== 'paused' ? state.resting.since : null);
  return {
    id: input.milestone,
    workflowId: milestoneWorkflowId(input.project, input.milestone),
    state: workState(state),
    waitingFor: open.map((b) => b.id),
    waitingSince: since,
    tasks: state.tasks.map(({ id, state: is, turn, quality, confidence }) => ({ id, state: is, turn, quality, confidence })),
  };
}
