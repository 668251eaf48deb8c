/** Projects of the whole service whose agent is the scripted one: real host program, gate, checks and workflows, no Claude. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StatusDocument, StatusMilestone } from '../../src/db/status.ts';
import { scriptedPrompt, type ScriptedStep } from '../../src/agents/scripted.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service, type ServiceOptions } from '../support/service.ts';

const AGENTS = pathToFileURL(join(import.meta.dirname, '../../src/agents/scripted-package.ts')).href;

/** The whole service, knowing the scripted agent by name. */
export const startScriptedService = (options: ServiceOptions = {}): Promise<Service> =>
  startService({ ...options, env: { HOLDPOINT_AGENTS: AGENTS, ...options.env } });

export interface ScriptedTask {
  id: string;
  title: string;
  dependsOn?: string[];
  steps: ScriptedStep[];
}

export interface ScriptedProject {
  project: string;
  milestones: { id: string; title: string; tasks: ScriptedTask[] }[];
  checks?: { name: string; run: string; tasks?: string[] }[];
  /** Ask at the end of each milestone. Default true. */
  asks?: boolean;
  /** Where the agent's credential comes from, as the plan says it. */
  auth?: object;
  /** More rules of the gate that allow. */
  allow?: string[];
}

const taskOf = ({ steps, ...task }: ScriptedTask): object => ({ ...task, instructions: scriptedPrompt(steps) });

/** Makes workspace and plan; gives the plan's path. */
export function writePlan(service: Service, { project, milestones, checks = [], asks = true, auth, allow = [] }: ScriptedProject): string {
  const workspace = service.folder(`${project}/workspace`, { 'README.md': `# ${project}\n` });
  const plan = {
    project, checks, agent: { name: 'scripted', ...(auth && { auth }) }, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    policy: { permissions: { allow: ['Write(src/**)', ...allow] }, breakpoints: { milestone_completion: { enabled: asks } } },
    milestones: milestones.map(({ tasks, ...milestone }) => ({ ...milestone, tasks: tasks.map(taskOf) })),
  };
  return join(service.folder(`${project}/plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml');
}

/** The milestone as `status --json` shows it, once it is in that state. */
export function milestoneIn(service: Service, project: string, id: string, state: StatusMilestone['state']): Promise<StatusMilestone> {
  const probe = async (): Promise<StatusMilestone | undefined> => {
    const { projects } = await service.json<StatusDocument>('status', project);
    const milestone = projects[0]?.milestones.find((m) => m.id === id);
    if (milestone?.state !== state) throw new Error(`it is ${milestone?.state}`);
    return milestone;
  };
  return eventually(probe, { timeoutMs: 120_000, everyMs: 200, what: `${project}/${id} to be ${state}` });
}
