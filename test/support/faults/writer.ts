/**
 * A harmless agent for faults: its process (writer.mjs) writes lines of every sort at a steady pace. Numbers come from the
 * task's instructions. A package of the worker's configuration too: `HOLDPOINT_AGENTS=<this file>`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createScripted } from '../../../src/agents/scripted.ts';
import type { Agent, AgentLaunch, AgentTurn } from '../../../src/domain/agent.ts';
import type { AgentSettings } from '../../../src/domain/plan.ts';
import type { Register } from '../../../src/domain/registry.ts';

const PROGRAM = join(import.meta.dirname, '../../fixtures/bin/writer.mjs');

export const WRITER = 'fault-writer';
export const WRITER_PACKAGE = import.meta.url;

export interface Flow {
  seed: number;
  /** At least so many; it goes on until there is a file `finish` in the workspace. */
  lines: number;
  perSecond: number;
  /** Bytes of the one long line, in the middle. */
  longBytes: number;
}

export const flowText = ({ seed, lines, perSecond, longBytes }: Flow): string => `writer: ${seed} ${lines} ${perSecond} ${longBytes}`;

function launch(turn: AgentTurn): AgentLaunch {
  const [, ...numbers] = /writer: (\d+) (\d+) (\d+) (\d+)/.exec(turn.prompt) ?? [];
  return {
    spec: {
      command: process.execPath, args: ['{{RUN_DIR}}/writer.mjs', ...numbers], cwd: turn.workspace, env: {}, inherit: ['PATH', 'HOME'], stdin: '',
      files: [{ path: 'writer.mjs', content: readFileSync(PROGRAM, 'utf8') }],
      gate: turn.gate, limits: turn.limits,
    },
    secrets: {},
  };
}

export const createWriter = (): Agent => ({ ...createScripted({ command: 'node' }), name: WRITER, launch });

export default (register: Register<AgentSettings, Agent>): void => register(WRITER, createWriter);
