/** Which session of the agent a run continues, if any. */
import { randomUUID } from 'node:crypto';
import { latestSession } from '../db/sessions.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { Deps } from './deps.ts';

export interface Session {
  sessionId: string;
  /** The agent has a transcript of it. */
  resume: boolean;
}

/**
 * The session of the task's latest run in which the agent said anything; a fresh one otherwise. A run that died before that,
 * or found no transcript to resume, left none behind (facts: sessions), and its id cannot be used for certain.
 */
export async function sessionFor(deps: Deps, turn: TurnRef): Promise<Session> {
  const sessionId = await latestSession(deps.db, turn);
  return sessionId ? { sessionId, resume: true } : { sessionId: randomUUID(), resume: false };
}
