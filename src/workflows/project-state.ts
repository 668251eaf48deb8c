/** What a project remembers while it runs, and how it shows it. */
import type { ProjectBrief } from '../activities/contract.ts';
import { milestoneWorkflowId } from '../domain/ids.ts';
import { setCurrentDetails } from '@temporalio/workflow';
import type { WorkState } from '../domain/states.ts';
import { projectPage } from './details.ts';
import type { ProjectInput, ProjectStatus } from './messages.ts';
import type { MilestoneResult } from './milestone-state.ts';
import { show } from './visibility.ts';

export interface ProjectResult {
  project: string;
  state: 'completed';
  costUsd: number;
  milestones: MilestoneResult[];
}

export interface Project {
  input: ProjectInput;
  brief: ProjectBrief;
  paused: boolean;
  final: 'completed' | 'failed' | 'cancelled' | null;
  /** State of each milestone as far as the project knows: it learns of their ends, not of their questions. */
  milestones: Map<string, WorkState>;
  results: MilestoneResult[];
  shown: string;
}

export function newProject(input: ProjectInput): Project {
  const brief = { project: input.project, host: '', milestones: [] };
  return { input, brief, paused: false, final: null, milestones: new Map(), results: [], shown: '' };
}

export const projectState = (p: Project): WorkState => p.final ?? (p.paused ? 'paused' : 'running');

export function statusOfProject(p: Project): ProjectStatus {
  const project = p.input.project;
  const milestones = [...p.milestones].map(([id, state]) => ({ id, workflowId: milestoneWorkflowId(project, id), state }));
  return { project, state: projectState(p), milestones };
}

export const costOf = (p: Project): number => p.results.reduce((sum, result) => sum + result.costUsd, 0);

export function showProject(p: Project): void {
  const shown = { project: p.input.project, state: projectState(p), host: p.brief.host, waitingFor: [], costUsd: costOf(p) };
  p.shown = show(shown, p.shown);
  setCurrentDetails(projectPage(statusOfProject(p), new Map(p.brief.milestones.map((m) => [m.id, m.title]))));
}
