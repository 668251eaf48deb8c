/** A turn from its beginning to the end of its run, as workflow and activities speak of it. Types only. */
import type { Account } from '../../domain/limits/budget.ts';
import type { FailureReason, TurnOutcomeKind } from '../../domain/turn-outcome.ts';
import type { GivenAnswer } from '../../domain/gate-policy.ts';
import type { Stall } from '../../domain/watchdog.ts';
import type { TurnCall } from './plan-brief.ts';
import type { Unexpected } from './unexpected.ts';

/** `make` and `revise` change nothing. */
export type PlanPhase = 'make' | 'revise' | 'carryOut';

export interface BeginTurn extends TurnCall {
  /** Run of this turn that is about to start, from 1. */
  seq: number;
  /** Why this attempt exists; null for the first. The text itself is in the decision row of the turn before. */
  note: string | null;
  /** A person's answer to the call that the run before this one, or one before that, ended with. */
  answered?: GivenAnswer;
  /** Of a task that begins with a plan: make one, make it anew with the note, or carry out the one that was accepted. */
  plan?: PlanPhase;
  /** Rules that a person allowed for good. */
  granted?: string[];
  /** What people have said since the last prompt, beside answers that begin an attempt; for this one, whatever its number. */
  said?: string;
  /** A person, or the timer, has said not to wait for windows that reset by then (RFC 3339). */
  usageSkipped?: string;
  /** The run before ended at a limit, for this reason, and may go on. */
  goesOn?: string;
  /** The files were restored: the session before knows others, so a new one begins. */
  fresh?: true;
  /** The run before reached its limit of turns, and the plan lets it go on with more. */
  enlarged?: boolean;
  /** Tree of files that somebody has changed before the turn, and a person has kept. */
  keptTree?: string;
  /** Granted by people, beyond the plan. */
  moreTurns?: number;
  moreMs?: number;
}

export interface BegunTurn {
  /** Empty where the turn was not begun. */
  runKey: string;
  /** A usage window is too full by the plan's policy: nothing was done. `until`: its reset, RFC 3339. */
  full?: { until: string; reason: string };
  /** Limits of which all money is spent: nothing was done. */
  broke?: Account[];
  /** Somebody has changed files since the turn before: nothing was done. */
  unexpected?: Unexpected;
  /** Turns of the model that the run may take. */
  maxTurns?: number;
  /** With so many it goes on when it reaches them; null: a person is asked. */
  enlargeTo?: number | null;
}

/** A stall that a person is asked about while the run goes on. */
export interface ReportedStall {
  /** Id of the question. An answer `wait` begins the watch anew. */
  question: string;
  kind: Stall['kind'];
  /** Bytes of the run's output that were stored when it stalled: any more, and a silent run gets on. */
  offset: number;
}

export interface RunTurn extends TurnCall {
  seq: number;
  reported?: ReportedStall;
}

export interface StopRun extends TurnCall {
  seq: number;
  /** For people. */
  by: string;
}

export interface RunResult {
  outcome: TurnOutcomeKind;
  /** One line for people; cut to 500 characters. */
  message: string;
  /** RFC 3339; for `limited`. */
  until: string | null;
  costUsd: number;
  toolCalls: number;
  /** For `failed`. */
  failure?: FailureReason;
}

/** The run lives but does not get on: it was let go, nothing was ended. Calling again follows on. */
export interface RunStalled {
  outcome: 'stalled';
  /** One sentence for people. */
  message: string;
  kind: Stall['kind'];
  offset: number;
}

/** The reported stall is over, and the run was let go again. */
export interface RunGoesOn {
  outcome: 'goesOn';
}

export type RunReport = RunResult | RunStalled | RunGoesOn;
