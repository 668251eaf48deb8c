/** A question to a person and its answer, as workflows ask it, rows hold it and people read it. Types only; package-free. */
import type { AnswerAction, BreakpointKind, Priority } from './breakpoints.ts';
import type { RaisedLimit } from './limits/extension.ts';
import type { TaskState, WorkState } from './states.ts';

/** What an open question does by itself. Instants are RFC 3339. */
export interface QuestionTimers {
  automatic?: { at: string; action: AnswerAction };
  /** The next reminder, from 1, and the length the plan gives. */
  remind?: { at: string; everyMs: number; n: number };
  escalate?: { at: string; priority: Priority };
}

export interface OpenBreakpoint {
  id: string;
  kind: BreakpointKind;
  occurrence: number;
  priority: Priority;
  project: string;
  milestone: string;
  task: string | null;
  turn: number | null;
  /** RFC 3339. */
  openedAt: string;
  reason: string;
  actions: AnswerAction[];
  noteRequired: AnswerAction[];
  /** The tree an approval would approve. */
  tree: string | null;
  /** RFC 3339; only where it waits by itself: then it answers itself. */
  until?: string;
  /** By the plan's policy. */
  timers?: QuestionTimers;
  /** What it is about; its shape depends on the kind. */
  detail?: Record<string, unknown>;
}

/**
 * `cli` is an update whose caller says so: advisory, as `by` is. Without a person: `timer`, its time was over; `itself`, what it
 * was about went on or ended, or a changed plan answers it.
 */
export type AnsweredVia = 'signal' | 'update' | 'cli' | 'timer' | 'itself';

export interface AnsweredBreakpoint {
  id: string;
  action: AnswerAction;
  note: string | null;
  by: string | null;
  via: AnsweredVia;
  /** RFC 3339. */
  at: string;
  /** Why it was not carried out: the files, or the plan, had changed since the question opened. */
  refused?: string;
}

/** An open question was reminded of, or has become more urgent. */
export interface UrgedBreakpoint {
  id: string;
  /** RFC 3339. */
  at: string;
  /** Reminders so far. */
  reminders?: number;
  priority?: Priority;
}

/** What a workflow tells the read side: all of one call becomes visible at once. */
export interface StateChange {
  project: string;
  /** Named by a milestone's workflow; then `workflowId` and `runId` are the milestone's. */
  milestone?: string;
  workflowId: string;
  runId: string;
  projectState?: WorkState;
  milestoneState?: WorkState;
  tasks?: { id: string; state: TaskState }[];
  opened?: OpenBreakpoint[];
  answered?: AnsweredBreakpoint[];
  urged?: UrgedBreakpoint[];
  /** Limits that people have raised. */
  raised?: RaisedLimit[];
  /** Something a person should find in the log: kind and one line. */
  events?: { kind: string; message: string }[];
}
