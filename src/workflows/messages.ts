/** Names and payloads of everything that can be said to a workflow. Their names are a contract with recorded histories. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AnswerAction } from '../domain/breakpoints.ts';
import type { PlanChangeCall } from '../domain/plan-change-call.ts';
import type { Extension } from '../domain/limits/extension.ts';
import type { OpenBreakpoint } from '../domain/questions.ts';
import type { TaskState, WorkState } from '../domain/states.ts';
import type { CheckpointReport, CheckpointRequestCall } from '../domain/checkpoint.ts';
import type { RestoreReport, RestoreRequestCall } from '../domain/restore.ts';
import type { Steer } from '../domain/steering.ts';

export const WORKFLOW_QUEUE = 'holdpoint';
/** Beside a queue of workflows: turns of agents, where one slot is one seat. */
export const agentQueueOf = (workflowQueue: string): string => `${workflowQueue}-agent`;

export interface Answer {
  breakpoint: string;
  action: AnswerAction;
  note?: string;
  by?: string;
  tree?: string;
  /** Holdpoint's own command line says so of itself; counts in updates only. */
  via?: 'cli';
}

export interface Control {
  by?: string;
}

export interface Accepted {
  accepted: true;
}

export interface SteerAccepted extends Accepted {
  /** `turn`: handed to the running agent; `next`: kept for the next prompt. */
  reached: 'turn' | 'next';
}

export interface BudgetRaised {
  budgetUsd: number;
  by?: string;
}

export type { OpenBreakpoint } from '../domain/questions.ts';

export type { TaskState, WorkState };

export interface MilestoneStatus {
  id: string;
  workflowId: string;
  state: WorkState;
  waitingFor: string[];
  waitingSince: string | null;
  tasks: { id: string; state: TaskState; turn: number; quality: number | null; confidence: number | null }[];
  /** Rules that a person allowed for good; absent: none. */
  granted?: string[];
}

export interface ProjectStatus {
  project: string;
  state: WorkState;
  milestones: { id: string; workflowId: string; state: WorkState }[];
}

export const answerSignal = defineSignal<[Answer]>('answer');
export const pauseSignal = defineSignal<[Control?]>('pause');
export const resumeSignal = defineSignal<[Control?]>('resume');
export const applyPlanSignal = defineSignal<[PlanChangeCall]>('applyPlan');
export const extendSignal = defineSignal<[Extension]>('extend');

/** Among the workflows of one project: its own budget has been raised. */
export const budgetRaisedSignal = defineSignal<[BudgetRaised]>('budgetRaised');

export const steerSignal = defineSignal<[Steer]>('steer');

export const answerUpdate = defineUpdate<Accepted, [Answer]>('answerNow');
export const pauseUpdate = defineUpdate<Accepted, [Control?]>('pauseNow');
export const resumeUpdate = defineUpdate<Accepted, [Control?]>('resumeNow');
export const applyPlanUpdate = defineUpdate<Accepted, [PlanChangeCall]>('applyPlanNow');
export const extendUpdate = defineUpdate<Accepted, [Extension]>('extendNow');

export const checkpointUpdate = defineUpdate<CheckpointReport, [CheckpointRequestCall]>('checkpointNow');
export const restoreUpdate = defineUpdate<RestoreReport, [RestoreRequestCall]>('restoreNow');
export const steerUpdate = defineUpdate<SteerAccepted, [Steer]>('steerNow');

export const milestoneStatusQuery = defineQuery<MilestoneStatus>('status');
export const projectStatusQuery = defineQuery<ProjectStatus>('status');
export const breakpointsQuery = defineQuery<OpenBreakpoint[]>('breakpoints');

export interface ProjectInput {
  project: string;
  planSha256: string;
}

/** Search attributes; registered by `migrate` and at start. */
export const SEARCH_ATTRIBUTES = {
  HoldpointProject: 'KEYWORD',
  HoldpointState: 'KEYWORD',
  HoldpointWaitingFor: 'KEYWORD_LIST',
  HoldpointHost: 'KEYWORD',
  HoldpointCostUsd: 'DOUBLE',
} as const;
