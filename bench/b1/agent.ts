/**
 * An agent whose process is writer.mts, as a package of the worker's configuration. Numbers come from the task's instructions
 * (`lines=500 perSecond=100 bytes=400`); the stream is read as the scripted agent's is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createScripted } from '../../src/agents/scripted.ts';
import type { Agent, AgentLaunch, AgentTurn } from '../../src/domain/agent.ts';
import type { AgentSettings } from '../../src/domain/plan.ts';
import type { Register } from '../../src/domain/registry.ts';

export const WRITER_FILE = join(import.meta.dirname, 'writer.mts');
export const AGENT_NAME = 'bench-writer';

export interface Flow {
  lines: number;
  perSecond: number;
  /** Of text in each line. */
  bytes: number;
}

export const flowText = ({ lines, perSecond, bytes }: Flow): string => `lines=${lines} perSecond=${perSecond} bytes=${bytes}`;

function launch(turn: AgentTurn): AgentLaunch {
  const [, ...numbers] = /lines=(\d+) perSecond=(\d+) bytes=(\d+)/.exec(turn.prompt) ?? [];
  return {
    spec: {
      // The host is this machine: the same Node in both arms, whatever a login shell there would find.
      command: process.execPath, args: ['--disable-warning=ExperimentalWarning', '{{RUN_DIR}}/writer.mts', ...numbers],
      cwd: turn.workspace, env: {}, inherit: ['PATH', 'HOME'], stdin: '',
      files: [{ path: 'writer.mts', content: readFileSync(WRITER_FILE, 'utf8') }],
      gate: turn.gate, limits: turn.limits,
    },
    secrets: {},
  };
}

export default (register: Register<AgentSettings, Agent>): void =>
  register(AGENT_NAME, () => ({ ...createScripted({ command: 'node' }), name: AGENT_NAME, launch }));
