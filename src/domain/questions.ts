/** A question to a person and its answer, as workflows ask it, rows hold it and people read it. Types only; package-free. */
import type { AnswerAction, BreakpointKind, Priority } from './breakpoints.ts';
import type { TaskState, WorkState } from './states.ts';

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
}

/** Without a person: `timer`, its time was over; `itself`, what it was about went on or ended. */
export type AnsweredVia = 'signal' | 'update' | 'timer' | 'itself';

export interface AnsweredBreakpoint {
  id: string;
  action: AnswerAction;
  note: string | null;
  by: string | null;
  via: AnsweredVia;
  /** RFC 3339. */
  at: string;
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
  /** Something a person should find in the log: kind and one line. */
  events?: { kind: string; message: string }[];
}
