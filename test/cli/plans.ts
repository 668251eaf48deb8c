/** Plans for the CLI's tests: turns of the scripted agent, which cost no model and no time. */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { scriptedPrompt, type ScriptedStep } from '../../src/agents/scripted.ts';
import { readInbox } from '../../src/db/inbox.ts';
import { readStatus, type StatusProject } from '../../src/db/status.ts';
import { projectWorkflowId } from '../../src/domain/ids.ts';
import { eventually } from '../support/eventually.ts';
import type { Service, ServiceOptions } from '../support/service.ts';

const AGENTS = new URL('../../src/agents/scripted-package.ts', import.meta.url).href;

/** Makes the scripted agent known to worker and CLI. */
export const withScriptedAgent = (options: ServiceOptions = {}): ServiceOptions => ({ ...options, env: { HOLDPOINT_AGENTS: AGENTS, ...options.env } });

export interface PlanOptions {
  project: string;
  /** Of the tasks `one`, `two` …, each in order. */
  tasks?: ScriptedStep[][];
  workspace?: { host: string; path: string };
  checks?: { name: string; run: string }[];
  /** Merged over the rest. */
  more?: Record<string, unknown>;
}

const NAMES = ['one', 'two', 'three'];

export function planText({ project, tasks = [[{ write: 'a.txt', content: 'hello\n' }]], workspace, checks, more }: PlanOptions): string {
  return JSON.stringify({
    project, workspace: workspace ?? { host: 'local', path: 'code' }, agent: { name: 'scripted', attempts: 2, timeout: '5m' }, reviewer: { name: 'ollama', model: 'scripted' },
    checks: checks ?? [{ name: 'has-a', run: 'test -f a.txt' }],
    policy: { permissions: { allow: ['Write(**)', 'Edit(**)', 'Bash(sleep *)'] }, hostPatience: '5s' },
    milestones: [{ id: 'm', title: 'The milestone', tasks: tasks.map((steps, n) => ({ id: NAMES[n], instructions: scriptedPrompt(steps), acceptance: ['it is there'] })) }],
    ...more,
  });
}

/** Writes the plan and an empty workspace beside it; returns the plan's path. */
export function planFile(service: Service, options: PlanOptions): string {
  const folder = service.folder(options.project, { 'holdpoint.yaml': planText(options) });
  mkdirSync(join(folder, 'code'), { recursive: true });
  return join(folder, 'holdpoint.yaml');
}

export const codeOf = (service: Service, project: string): string => join(service.dir, project, 'code');

const PATIENCE = { timeoutMs: 90_000, everyMs: 100 };

/** Waits until that question is open. From the database: a command takes half a second of the machine. */
export async function asked(service: Service, id: string): Promise<void> {
  await eventually(async () => {
    const open = (await readInbox(service.db)).map((one) => one.id);
    return open.includes(id) || Promise.reject(new Error(`open are ${open.join() || 'none'}; ${JSON.stringify(await readStatus(service.db, id.split('/')[0]))}`));
  }, { ...PATIENCE, what: id });
}

/** Waits until the project is so. */
export async function reached(service: Service, project: string, is: (project: StatusProject) => boolean, what: string): Promise<StatusProject> {
  return eventually(async () => {
    const [found] = (await readStatus(service.db, project)).projects;
    return found && is(found) ? found : Promise.reject(new Error(JSON.stringify(found)));
  }, { ...PATIENCE, what: `${project}: ${what}` });
}

/** Waits until the last run of the project has ended at Temporal: what it records of its end comes before that. */
export async function closed(service: Service, project: string): Promise<void> {
  const handle = service.temporal.client.workflow.getHandle(projectWorkflowId(project));
  await eventually(async () => (await handle.describe()).status.name !== 'RUNNING', { ...PATIENCE, what: `the end of ${project}` });
}
