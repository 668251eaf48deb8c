/** What workflows ask of the world about their questions. Types only. */
import type { AnswerAction, BreakpointKind } from '../../domain/breakpoints.ts';
import type { MilestoneRef, TurnCall } from './plan-brief.ts';

export interface LookAtTree extends TurnCall {
  /** The files that were asked about. */
  tree: string;
}

export interface TreeNow {
  tree: string;
  /** Paths that differ; 0: none, apart from what the turn's own checks have written. */
  files: number;
  /** The first of them. */
  paths: string[];
}

/** A question that is open while its plan has changed. */
export interface StillAsked extends MilestoneRef {
  breakpoint: string;
  kind: BreakpointKind;
  task: string | null;
  turn: number | null;
  epoch: number;
  /** Rules that a person allowed for good. */
  granted?: string[];
  detail?: Record<string, unknown>;
}

export interface PlanAnswer {
  /** What the plan as it is now answers; null: a person is still asked. */
  answer: AnswerAction | null;
}
