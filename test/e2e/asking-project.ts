/** Projects whose agent, the real CLI on the scripted Messages API, asks a person: one milestone `m`, one task `one`. */
import { join } from 'node:path';
import type { z } from 'zod';
import type { StatusDocument, StatusMilestone } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import type { inboxDocument } from '../../src/domain/documents/breakpoints.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';

export type Entry = z.infer<typeof inboxDocument>['breakpoints'][number];

export interface Asking {
  permissions?: object;
  breakpoints?: object;
  files?: Record<string, string>;
  /** More of the task. */
  task?: object;
  attempts?: number;
}

export const say = (name: string): Record<string, string> => ({ 'say.sh': 'echo "$@" >> said.txt\n', 'README.md': `# ${name}\n` });

export const bash = (command: string, id?: string): Step => ({ tool: 'Bash', input: { command, description: 'scripted' }, ...(id !== undefined && { id }) });

/** Starts it; gives the workspace. `steps` may need its path. */
export async function begin(service: Service, project: string, steps: (workspace: string) => Step[], { permissions = {}, breakpoints = {}, files = {}, task = {}, attempts = 3 }: Asking = {}): Promise<string> {
  const workspace = service.folder(project, { ...say(project), ...files });
  service.messages.setScenario({ steps: steps(workspace) });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', attempts, auth: { apiKey: { env: 'TEST_API_KEY' } } },
    policy: { permissions, breakpoints: { milestone_completion: { enabled: false }, ...breakpoints } },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'Say what is to be said.', ...task }] }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  return workspace;
}

/** The question of that id, once it is in the inbox. */
export const question = (service: Service, id: string): Promise<Entry> =>
  eventually(async () => documentOf('inbox', await service.cli('inbox', '--json')).breakpoints.find((entry) => entry.id === id), { timeoutMs: 120_000, everyMs: 200, what: id });

export async function milestoneWhen(service: Service, project: string, is: (milestone: StatusMilestone) => boolean, what: string, timeoutMs = 120_000): Promise<StatusMilestone> {
  return eventually(async () => {
    const [found] = (await service.json<StatusDocument>('status', project)).projects[0]?.milestones ?? [];
    return found && is(found) ? found : null;
  }, { timeoutMs, everyMs: 300, what });
}

export const completed = (service: Service, project: string): Promise<StatusMilestone> =>
  milestoneWhen(service, project, ({ state }) => state === 'completed', `the end of ${project}`);

const handleOf = (service: Service, project: string) => service.temporal.client.workflow.getHandle(milestoneWorkflowId(project, 'm'));

export interface Answer {
  breakpoint: string;
  action: string;
  note?: string;
  by?: string;
}

export const signal = (service: Service, project: string, answer: Answer): Promise<void> => handleOf(service, project).signal('answer', answer);

export const update = (service: Service, project: string, answer: Answer): Promise<unknown> =>
  handleOf(service, project).executeUpdate('answerNow', { args: [answer] });

/** Results of a tool call as the streams of the task's runs hold them: by run, denied or not. */
export async function resultsOf(service: Service, toolUseId: string): Promise<{ seq: number; kind: string; text: string }[]> {
  const rows = await service.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id').select(['run.seq', 'agent_event.kind', 'agent_event.text'])
    .where('agent_event.tool_use_id', '=', toolUseId).where('agent_event.kind', 'in', ['toolResult', 'denied']).orderBy('run.seq').orderBy('agent_event.byte_offset').execute();
  return rows;
}

/** All that the model was told after the scenario began, the newest last. */
export const toldToModel = (service: Service): string[] => service.messages.requests().map(({ last }) => last);
