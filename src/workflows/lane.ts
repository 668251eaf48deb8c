/** A line of work: what belongs to it alone, and what all lines of a milestone share. */
import type { OpenedWorktree } from '../activities/contract.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import type { Beside } from './beside-run.ts';
import type { ConflictDetail } from './merge-notes.ts';
import type { Milestone, MilestoneState, Step, TaskProgress } from './milestone-state.ts';

/** One line of work: a step at a time. The milestone itself is one; each task that works in a worktree of its own is another. */
export interface Lane {
  step: Step;
  /** Nothing runs because of this. */
  resting: { why: 'paused' | 'lease' | 'limit' | 'seat' | 'retry'; since: string } | null;
  /** It has one of the host's seats, where those are limited. */
  hasSeat?: boolean;
  /** The run that is followed at this moment. */
  live?: { task: string; turn: number; seq: number } | null;
  /** The turn that was measured last; absent while one is under way whose files nobody has measured. */
  lastTurn?: { task: string; turn: number; tree: string };
  /** Notes of answers that no prompt has carried yet. */
  unsaid?: string[];
  /** Where it works; absent: in the workspace itself. */
  worktree?: OpenedWorktree;
  /** A person's answer that ends the run; until that is done. */
  stopping?: { task: string; turn: number; seq: number; question: Beside; answer: AnsweredBreakpoint };
  /** What conflicted when it was to be brought back last. */
  conflict?: ConflictDetail;
}

export interface Shared {
  /** Notices on their way. */
  telling: number;
  /** A record that is being told: the next one comes after it. */
  recording?: Promise<void>;
  /** Grows whenever a line of work ends or lets go of the workspace. */
  laneEvents: number;
}

export const newShared = (): Shared => ({ telling: 0, laneEvents: 0 });

/** The milestone's own line of work first. */
export const lanesOf = (state: MilestoneState): Lane[] => [state, ...Object.values(state.lanes ?? {})];

/** The same milestone, in the line of work of that task. Everything but the lane is shared: later changes are seen by both. */
export const inLane = (m: Milestone, lane: Lane): Milestone => Object.create(m, { lane: { value: lane, enumerable: true } }) as Milestone;

/** For calls that are told apart by it; empty in the milestone's own line. */
export function laneName({ state, lane }: Milestone): { lane?: string } {
  const name = Object.keys(state.lanes ?? {}).find((task) => state.lanes?.[task] === lane);
  return name === undefined ? {} : { lane: name };
}

/** What keeps it from getting on, where nothing of it does; the milestone's own line may have nothing to do but wait for the others. */
export function restingOf(state: MilestoneState): Lane['resting'] {
  const lanes = lanesOf(state).filter(({ step }) => step.at !== 'awaitLanes');
  return lanes.length > 0 && lanes.every(({ resting }) => resting) ? (lanes[0]?.resting ?? null) : null;
}

/** The files as its end was measured. */
export function measured(lane: Lane, task: TaskProgress, tree: string): void {
  task.tree = tree;
  lane.lastTurn = { task: task.id, turn: task.turn, tree };
}
