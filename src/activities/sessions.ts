/** Which session of the agent a run continues, if any. */
import { randomUUID } from 'node:crypto';
import { latestSession } from '../db/sessions.ts';
import { keptTranscript } from '../db/transcripts.ts';
import type { Fork } from '../domain/fork-point.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import type { Planned } from './plans.ts';
import type { RunPlan } from './loaded-run.ts';
import { findTranscript, putTranscript } from './transcripts.ts';

export interface Session {
  sessionId: string;
  /** The agent has a transcript of it. */
  resume: boolean;
  /** Absent: nothing is to be said about it. */
  found?: RunPlan['found'];
}

const fresh = (): Session => ({ sessionId: randomUUID(), resume: false });

/** A session of its own, which begins with all that was said until the end of the turn that the fork goes on from. */
async function forkedSession(deps: Deps, context: Planned, { call, fork }: { call: TurnRef; fork: Fork }, beat: Beat): Promise<Session> {
  const session = fresh();
  const file = deps.agent(context.plan.agent).transcript?.({ sessionId: session.sessionId, workspace: context.place.path });
  const kept = file && (await keptTranscript(deps.db, fork.sessionId, fork.turnId));
  if (!kept) return { ...session, found: 'lost' };
  await putTranscript(deps, context, { call, file, kept }, beat);
  return { ...session, resume: true, found: kept.hidden ? 'forkedHidden' : 'forked' };
}

/**
 * The session of the task's latest run in which the agent said anything, its transcript put back where the host has lost it; a fresh one
 * otherwise. A run that died before that, or found no transcript to resume, left none behind (facts: sessions), and its id cannot be used for certain.
 */
export async function sessionFor(deps: Deps, context: Planned, call: TurnRef & { fresh?: true }, beat: Beat): Promise<Session> {
  if (call.fresh) return fresh();
  const sessionId = await latestSession(deps.db, call);
  if (sessionId === null) return context.milestone.fork?.task === call.task ? forkedSession(deps, context, { call, fork: context.milestone.fork }, beat) : fresh();
  const found = await findTranscript(deps, context, { call, sessionId }, beat);
  if (found === 'lost') return { ...fresh(), found };
  return { sessionId, resume: true, ...(found !== 'there' && { found }) };
}
