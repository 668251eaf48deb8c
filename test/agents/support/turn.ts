/** A turn with nothing special about it. */
import { randomUUID } from 'node:crypto';
import type { AgentTurn } from '../../../src/domain/agent.ts';

export const turnOf = (turn: Partial<AgentTurn> & { workspace: string }): AgentTurn => ({
  runKey: 'test.project.milestone.1.task.1.1',
  prompt: 'Task: do it',
  sessionId: randomUUID(),
  resume: false,
  model: null,
  maxTurns: 20,
  budgetUsd: null,
  instructions: null,
  mcpServers: {},
  gate: { workspace: turn.workspace, allow: [], ask: [], deny: [] },
  limits: { wallMs: 60_000, outBytes: 10_000_000, graceMs: 1_000 },
  ...turn,
});
