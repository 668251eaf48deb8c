/** What a person says to the agent while it works. Types only. */
import type { MilestoneRef } from './plan-brief.ts';

export interface SteerAgent extends MilestoneRef {
  epoch: number;
  /** Unique: the same one is told once. */
  id: string;
  text: string;
  /** Null: for whatever is worked on. */
  task: string | null;
  by: string | null;
  /** RFC 3339. */
  at: string;
  /** The run that is followed at this moment, if the words are for it; null: kept for the next prompt. */
  run: { task: string; turn: number; seq: number } | null;
}

export interface Steered {
  /** `turn`: handed to the running agent; `next`: kept for the next prompt of the task. */
  reached: 'turn' | 'next';
}
