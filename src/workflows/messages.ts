/** Names and payloads of everything that can be said to a workflow. Their names are a contract with recorded histories. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AnswerAction } from '../domain/breakpoints.ts';
import type { OpenBreakpoint } from '../domain/questions.ts';
import type { TaskState, WorkState } from '../domain/states.ts';

export const WORKFLOW_QUEUE = 'holdpoint';
/** Beside a queue of workflows: turns of agents, where one slot is one seat. */
export const agentQueueOf = (workflowQueue: string): string => `${workflowQueue}-agent`;

export interface Answer {
  breakpoint: string;
  action: AnswerAction;
  note?: string;
  by?: string;
  tree?: string;
}

export interface Control {
  by?: string;
}

export interface Accepted {
  accepted: true;
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
}

export interface ProjectStatus {
  project: string;
  state: WorkState;
  milestones: { id: string; workflowId: string; state: WorkState }[];
}

export const answerSignal = defineSignal<[Answer]>('answer');
export const pauseSignal = defineSignal<[Control?]>('pause');
export const resumeSignal = defineSignal<[Control?]>('resume');

export const answerUpdate = defineUpdate<Accepted, [Answer]>('answerNow');
export const pauseUpdate = defineUpdate<Accepted, [Control?]>('pauseNow');
export const resumeUpdate = defineUpdate<Accepted, [Control?]>('resumeNow');

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
