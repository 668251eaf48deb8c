/** Changes of files that no tool call accounts for. Types only. */
import type { TurnCall } from './plan-brief.ts';

/** Where the plan asks about them. */
export interface Unexpected {
  /** The files with them. */
  tree: string;
  files: number;
  /** The first ones. */
  paths: string[];
}

export interface PutBack extends TurnCall {
  /** Changed while the turn ran, or between the one before and this one. */
  when: 'during' | 'before';
  /** The files that the question was about. */
  tree: string;
  /** Id of the question. */
  question: string;
}

export interface PutBackResult {
  /** Checkpoint of the files before: restoring it undoes this. Null: they have changed since the question, and nothing was done. */
  undo: string | null;
}
