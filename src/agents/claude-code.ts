/** Claude Code as an agent. What it prints and how it ends was recorded from version 2.1.330: test/fixtures/streams. */
import type { Agent } from '../domain/agent.ts';
import { createFold } from './claude-code/fold.ts';
import { launchClaudeCode, type ClaudeCodeOptions } from './claude-code/launch.ts';

export type { ClaudeCodeOptions } from './claude-code/launch.ts';

/** Starts nothing: the host program runs what `launch` describes. */
export function createClaudeCode(options: ClaudeCodeOptions): Agent {
  return {
    name: 'claude-code',
    command: options.command,
    launch: (turn) => launchClaudeCode(options, turn),
    fold: () => createFold(),
  };
}
