/**
 * The agent's own transcript, kept off its host: copied after each run, secrets hidden, and put back where it is gone before a run
 * resumes the session. Only what was added is copied. Why a copy without secrets: decision 27.
 */
import { noteEvent } from '../db/events.ts';
import { insertTranscriptPart, keptTranscript, transcriptEnd, type Transcript } from '../db/transcripts.ts';
import type { SessionFile, SessionPart } from '../domain/host-api.ts';
import { MOST_SESSION_BYTES } from '../domain/host-sessions.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, type Beat } from './heartbeat.ts';
import type { LoadedRun } from './loaded-run.ts';
import { onHost, type HostCall } from './on-host.ts';
import type { Planned } from './plans.ts';
import { redactBytes } from './stream-store.ts';
import { fenceOf, hostOf } from './workspaces.ts';

const PART_BYTES = 4 * 1024 * 1024;

interface Copying {
  target: HostCall;
  file: SessionFile;
  run: LoadedRun;
}

/** May be repeated. A transcript that cannot be kept is no failure of the turn: it is said, and the work goes on. */
export async function keepTranscript(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  const { sessionId, planned: { place }, agent, key, call: { project, milestone } } = run;
  const file = agent.transcript?.({ sessionId, workspace: place.path });
  if (!file) return;
  const left = await copyAdded(deps, { target, file, run }).catch((error: unknown) => {
    if (target.signal.aborted) throw error;
    return error instanceof Error ? error.message : String(error);
  });
  if (left === null) return;
  await noteEvent(deps.db, { project, milestone, kind: 'transcript_not_kept', message: `the agent's transcript is not kept: ${left}`, key });
}

/** Why not all of it is kept; null where it is. */
async function copyAdded(deps: Deps, copying: Copying): Promise<string | null> {
  const { target, file, run: { sessionId } } = copying;
  const known = await transcriptEnd(deps.db, sessionId);
  let [from, hash] = [known?.bytes ?? 0, known?.sha256 ?? null];
  let generation = known?.generation ?? 1;
  for (;;) {
    const part = await onHost(target, (api) => api.readSession({ file, from, sha256: hash, maxBytes: PART_BYTES }));
    if (part.size > MOST_SESSION_BYTES) return `it has ${part.size} bytes, at most ${MOST_SESSION_BYTES} are kept`;
    if (!part.exists || part.data === '') return null;
    // It begins with something else than what is kept: that stays, for it is what earlier turns knew.
    if (part.offset < from) generation += 1;
    from = await store(deps, copying, part, generation);
    hash = part.sha256;
  }
}

async function store(deps: Deps, { run }: Copying, part: SessionPart, generation: number): Promise<number> {
  const bytes = Buffer.from(part.data, 'base64');
  const copy = redactBytes(deps.redactor(run.planned.plan.agent), bytes);
  const to = part.offset + bytes.length;
  await insertTranscriptPart(deps.db, { ...run.call, ...thisAttempt() }, {
    sessionId: run.sessionId, generation, from: part.offset, to, fileSha256: part.sha256, hidden: part.hidden || !copy.equals(bytes), copy,
  });
  return to;
}

/** What a run finds of the session it is to resume. */
export type Found =
  /** Its transcript is on the host; so it is taken to be where the agent keeps none. */
  | 'there'
  | 'putBack'
  /** What the copy hides is hidden in it. */
  | 'putBackHidden'
  /** Neither the host nor we have it. */
  | 'lost';

interface Wanted {
  call: TurnRef;
  sessionId: string;
}

/** Puts the transcript back where it is gone. May be repeated. */
export async function findTranscript(deps: Deps, context: Planned, { call, sessionId }: Wanted, beat: Beat): Promise<Found> {
  const file = deps.agent(context.plan.agent).transcript?.({ sessionId, workspace: context.place.path });
  if (!file) return 'there';
  const target = hostOf(deps, context, beat.signal);
  const { exists } = await onHost(target, (api) => api.readSession({ file, from: 0, sha256: null, maxBytes: 1 }));
  if (exists) return 'there';
  const kept = await keptTranscript(deps.db, sessionId);
  const found = kept === undefined ? 'lost' : await putTranscript(deps, context, { call, file, kept }, beat);
  if (found !== 'there') await say(deps, context, { call, sessionId }, found);
  return found;
}

/** Writes a kept transcript as that file, unless there is one. */
export async function putTranscript(deps: Deps, context: Planned, { call, file, kept }: { call: TurnRef; file: SessionFile; kept: Transcript }, beat: Beat): Promise<Exclude<Found, 'lost'>> {
  const target = hostOf(deps, context, beat.signal);
  const whole = { ...fenceOf(context, call), file, size: kept.text.length, sha256: kept.sha256 };
  for (let offset = 0; ; offset += PART_BYTES) {
    const data = kept.text.subarray(offset, offset + PART_BYTES).toString('base64');
    const { state } = await onHost(target, (api) => api.writeSession({ ...whole, offset, data }));
    if (state === 'there') return 'there';
    if (state === 'written') return kept.hidden ? 'putBackHidden' : 'putBack';
  }
}

const SAID: Record<Exclude<Found, 'there'>, string> = {
  putBack: 'was gone, and was put back as it was',
  putBackHidden: 'was gone, and was put back from a copy in which secrets are hidden',
  lost: 'is gone, and no copy is kept: the agent begins a new one',
};

async function say(deps: Deps, { plan }: Planned, { call, sessionId }: Wanted, found: Exclude<Found, 'there'>): Promise<void> {
  const message = `the agent's session for ${call.task} ${SAID[found]} (host ${plan.workspace.host})`;
  const kind = found === 'lost' ? 'session_lost' : 'session_put_back';
  await noteEvent(deps.db, { project: call.project, milestone: call.milestone, kind, message, key: `${sessionId}/${call.epoch}.${call.turn}` });
}
