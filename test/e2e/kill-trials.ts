/** Trials in which something is killed in the middle of a turn of the real CLI: projects of numbered steps, each with one effect. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { runLines } from '../../src/db/agent-events.ts';
import { runDirectory } from '../../src/host/run/run-files.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { createRedactor } from '../../src/domain/redaction.ts';
import { doneLine, EFFECTS, startCarefulModel, type CarefulModel } from '../support/careful-model.ts';
import { eventually } from '../support/eventually.ts';
import { commandOf as commandLineOf, pidsWith } from '../support/marked-processes.ts';
import { CLAUDE, startService, type Service } from '../support/service.ts';

export const STEPS = 4;

/**
 * The effect comes first and the step goes on for a while: most of its time it has been done and nobody knows. Where a file of the workspace
 * holds it, it goes on until it is killed.
 */
const STEP_PROGRAM = `#!/bin/sh
if [ "$2" != --if-missing ] || ! grep -qx "$1" ${EFFECTS} 2>/dev/null; then
  echo "$1" >> ${EFFECTS}; sleep 0.3
  while [ -e "hold-$1" ]; do sleep 0.05; done
fi
echo "${doneLine(0).replace('0', '$1')}"
`;

/** The CLI, which does not begin while a file of the workspace holds it. */
const AGENT_PROGRAM = `#!/bin/sh
while [ -e hold-start ]; do sleep 0.05; done
exec ${CLAUDE} "$@"
`;

function agentIn(dir: string): string {
  const agent = join(dir, 'agent');
  writeFileSync(agent, AGENT_PROGRAM, { mode: 0o755 });
  return agent;
}

export interface Trials {
  service: Service;
  model: CarefulModel;
  close(): Promise<void>;
}

export async function openTrials(env: Record<string, string> = {}): Promise<Trials> {
  const model = await startCarefulModel(STEPS);
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-agent-'));
  const service = await startService({ env: { HOLDPOINT_CLAUDE_COMMAND: agentIn(dir), HOLDPOINT_CLAUDE_BASE_URL: model.url, HOLDPOINT_AGENT_SEATS: '4', ...env } });
  const close = async (): Promise<void> => {
    await service.close();
    await model.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { service, model, close };
}

const planOf = (project: string, workspace: string): string => JSON.stringify({
  project, workspace: { host: 'local', path: workspace },
  agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } }, attempts: 1 },
  reviewer: { name: 'ollama', model: 'scripted' },
  policy: { permissions: { allow: ['Bash(./step.sh *)'] }, breakpoints: { milestone_completion: { enabled: false } } },
  milestones: [{ id: 'steps', title: 'Steps', tasks: [{ id: 'all', title: 'All steps', instructions: `Carry out the steps of ${project} in order.` }] }],
});

export interface StoredRun {
  key: string;
  pid: number | null;
  state: string;
  /** As it was begun. */
  resume: boolean;
  prompt: string;
}

/** One project whose agent may be hurt. */
export class Trial {
  readonly workspace: string;
  private readonly trials: Trials;
  readonly project: string;

  /** `hold`: the step that goes on until it is killed; `start`: the agent does not begin before `letGo`. */
  constructor(trials: Trials, project: string, hold?: number | 'start') {
    this.trials = trials;
    this.project = project;
    this.workspace = trials.service.folder(`${project}/workspace`, { 'step.sh': STEP_PROGRAM, ...(hold !== undefined && { [`hold-${hold}`]: '' }) });
    chmodSync(join(this.workspace, 'step.sh'), 0o755);
  }

  async start(): Promise<this> {
    const { service } = this.trials;
    const folder = service.folder(`${this.project}/plan`, { 'holdpoint.yaml': planOf(this.project, this.workspace) });
    await service.json('start', join(folder, 'holdpoint.yaml'));
    return this;
  }

  /** In the order they were begun. */
  async runs(): Promise<StoredRun[]> {
    const rows = await this.trials.service.db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id')
      .select(['run.run_key as key', 'run.pid', 'run.state', 'run.spec']).where('turn.project', '=', this.project).orderBy('run.id').execute();
    return rows.map(({ spec, ...row }) => ({ ...row, ...(spec as { resume: boolean; prompt: string }) }));
  }

  private get firstKey(): string {
    return `${this.trials.service.install}.${this.project}.steps.1.all.1.1`;
  }

  /** The agent's process of the first run, as soon as there is one. */
  async agent(): Promise<{ pid: number; start: string }> {
    const isAgent = (pid: number): boolean => /\s-p\s/.test(commandLineOf(pid));
    const pid = await eventually(() => pidsWith(`HOLDPOINT_RUN=${this.firstKey}`).find(isAgent), { timeoutMs: 120_000, everyMs: 10, what: `the agent of ${this.project}` });
    return { pid, start: processStart(pid) ?? 'ended' };
  }

  /** What carries the first run, as the run itself says. Throws before the run has started. */
  supervisor(): number {
    const started = join(runDirectory(this.trials.service.env.HOLDPOINT_HOST_STATE_DIR ?? '', this.firstKey), 'started');
    return (JSON.parse(readFileSync(started, 'utf8')) as { supervisor: { pid: number } }).supervisor.pid;
  }

  letGo(): void {
    rmSync(join(this.workspace, 'hold-start'));
  }

  /** Calls of the first run that are stored. */
  async calls(): Promise<number> {
    const rows = await this.trials.service.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id').select('agent_event.tool_use_id')
      .where('run.run_key', '=', this.firstKey).where('agent_event.kind', '=', 'toolUse').execute();
    return rows.length;
  }

  effects(): string[] {
    const file = join(this.workspace, EFFECTS);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  async finish(): Promise<void> {
    const { db } = this.trials.service;
    const state = async (): Promise<string | undefined> => (await db.selectFrom('project').select('state').where('id', '=', this.project).executeTakeFirst())?.state;
    await eventually(async () => ['completed', 'failed', 'cancelled'].includes((await state()) ?? ''), { timeoutMs: 120_000, everyMs: 100, what: `the end of ${this.project}` });
    expect([this.project, await state()]).toEqual([this.project, 'completed']);
  }

  requests(): number {
    return this.trials.model.requestsAbout(`steps of ${this.project} in order`);
  }

  /** Rows and the run's file hold the same bytes, apart from what is hidden in both. */
  async expectNoByteLost(): Promise<void> {
    const { service } = this.trials;
    const redactor = createRedactor([service.env.TEST_API_KEY ?? '']);
    for (const { key } of await this.runs()) {
      const lines: Buffer[] = [];
      for await (const line of runLines(service.db, key)) lines.push(line);
      const out = readFileSync(join(runDirectory(service.env.HOLDPOINT_HOST_STATE_DIR ?? '', key), 'out'), 'latin1');
      expect(lines.map((line) => `${line.toString('latin1')}\n`).join('')).toBe(redactor.text(out));
    }
  }

  /** Nothing that carries the marker of one of its runs is alive. */
  async expectNoOrphan(): Promise<void> {
    for (const { key } of await this.runs()) expect(pidsWith(`HOLDPOINT_RUN=${key}`)).toEqual([]);
  }
}
