/**
 * An agent whose process is writer.mts, as a package of the worker's configuration. Numbers come from the task's instructions
 * (`lines=500 perSecond=100 bytes=400`); the stream is read as the scripted agent's is.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/** Beside the folder, so that it is none of its files. */
export const allowanceOf = (workspace: string): string => `${workspace}.may-write`;

/** The run in that folder writes no line after this one until it is told more; to be said before it starts. Else it writes all. */
export function allow(workspace: string, upTo: number): void {
  writeFileSync(`${allowanceOf(workspace)}.new`, String(upTo));
  renameSync(`${allowanceOf(workspace)}.new`, allowanceOf(workspace));
}

function launch(turn: AgentTurn): AgentLaunch {
  const [, ...numbers] = /lines=(\d+) perSecond=(\d+) bytes=(\d+)/.exec(turn.prompt) ?? [];
  return {
    spec: {
      // The host is this machine: the same Node in both arms, whatever a login shell there would find.
      command: process.execPath, args: ['--disable-warning=ExperimentalWarning', '{{RUN_DIR}}/writer.mts', ...numbers, allowanceOf(turn.workspace)],
      cwd: turn.workspace, env: {}, inherit: ['PATH', 'HOME'], stdin: '',
      files: [{ path: 'writer.mts', content: readFileSync(WRITER_FILE, 'utf8') }],
      gate: turn.gate, limits: turn.limits,
    },
    secrets: {},
  };
}

export default (register: Register<AgentSettings, Agent>): void =>
  register(AGENT_NAME, () => ({ ...createScripted({ command: 'node' }), name: AGENT_NAME, launch }));
