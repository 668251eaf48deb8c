/** Claude Code as an agent. What it prints and how it ends was recorded from version 2.1.330: test/fixtures/streams. */
import type { Agent } from '../domain/agent.ts';
import { toldToAgent } from '../domain/steering.ts';
import { createFold } from './claude-code/fold.ts';
import { launchClaudeCode, userMessage, type ClaudeCodeOptions } from './claude-code/launch.ts';
import { transcriptOf } from './claude-code/transcript.ts';

export type { ClaudeCodeOptions } from './claude-code/launch.ts';

/** Starts nothing: the host program runs what `launch` describes. */
export function createClaudeCode(options: ClaudeCodeOptions): Agent {
  return {
    name: 'claude-code',
    command: options.command,
    launch: (turn) => launchClaudeCode(options, turn),
    fold: () => createFold(),
    transcript: (session) => transcriptOf(options.auth, session),
    moreInput: (id, text) => userMessage(toldToAgent(text), id),
  };
}
