/** Copies of the file an agent keeps of its session: parts in order, secrets hidden, with the hash of the file they are of. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import type { Target, TurnRef } from '../domain/ids.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { underLease } from './lease-fence.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

/** Where the kept copy of a session ends. */
export interface TranscriptEnd {
  /** Grows by one when the file was begun anew. */
  generation: number;
  /** Bytes of the file, as on the host. */
  bytes: number;
  /** Of these. */
  sha256: string;
}

export interface NewPart {
  sessionId: string;
  generation: number;
  from: number;
  to: number;
  /** SHA-256 of the file up to `to`. */
  fileSha256: string;
  /** The copy is not the file: something is hidden. */
  hidden: boolean;
  copy: Buffer;
}

export interface Transcript {
  text: Buffer;
  sha256: string;
  /** It is not the file: something is hidden. */
  hidden: boolean;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const last = (db: Db, sessionId: string) => db.selectFrom('transcript_part').where('session_id', '=', sessionId).orderBy('id', 'desc').limit(1);

/** Undefined where nothing is kept of it. */
export async function transcriptEnd(db: Db, sessionId: string): Promise<TranscriptEnd | undefined> {
  return last(db, sessionId).select(['generation', 'to_byte as bytes', 'file_sha256 as sha256']).executeTakeFirst();
}

/** May be repeated: the first stays. */
export async function insertTranscriptPart(db: Db, turn: TurnRef, { sessionId, generation, from, to, fileSha256, hidden, copy }: NewPart): Promise<void> {
  await underLease(db, turn, (tx) => tx.insertInto('transcript_part').values({
    turn_id: turnIdSql(turn), session_id: sessionId, generation, from_byte: from, to_byte: to, file_sha256: fileSha256, hidden,
    copy_bytes: copy.length, copy_sha256: sha256(copy), copy: gzipSync(copy),
  }).onConflict((oc) => oc.doNothing()).execute());
}

/**
 * What is kept of a session, as it was at the end of the turn of that row id, or as it is. Undefined where nothing is; `internal`
 * when a part is damaged.
 */
export async function keptTranscript(db: Db, sessionId: string, turnId?: number): Promise<Transcript | undefined> {
  const parts = await partsOf(db, sessionId, turnId);
  const end = parts.at(-1);
  if (!end) return undefined;
  const text = Buffer.concat(parts.map(({ copy, copy_sha256: expected }) => checked(gunzipSync(copy), expected, sessionId)));
  const hidden = parts.some((part) => part.hidden);
  // Nothing hidden: then it is the file itself, byte for byte, or it is not whole.
  return { text, sha256: hidden ? sha256(text) : sha256(checked(text, end.file_sha256, sessionId)), hidden };
}

/** As it was at the end of the turn, of the milestone's latest run. Undefined where nothing is kept of it. */
export async function transcriptOfTurn(db: Db, target: Required<Target>): Promise<(Transcript & { session: string }) | undefined> {
  const { rows: [row] } = await sql<{ id: number; session: string }>`
    select turn.id, coalesce((select run.spec->>'sessionId' from run where run.turn_id = turn.id order by run.seq desc limit 1), turn.session_id) as session
    from turn where ${ofTarget(target)}`.execute(db);
  const found = row && (await keptTranscript(db, row.session, row.id));
  return found && { ...found, session: row.session };
}

async function partsOf(db: Db, sessionId: string, turnId?: number) {
  const end = await last(db, sessionId).select(['id', 'generation']).$if(turnId !== undefined, (query) => query.where('turn_id', '<=', turnId ?? 0)).executeTakeFirst();
  if (!end) return [];
  return db.selectFrom('transcript_part').select(['copy', 'copy_sha256', 'file_sha256', 'hidden']).where('session_id', '=', sessionId)
    .where('generation', '=', end.generation).where('id', '<=', end.id).orderBy('from_byte').execute();
}

function checked(bytes: Buffer, expected: string, sessionId: string): Buffer {
  if (sha256(bytes) === expected) return bytes;
  throw new HoldpointError('internal', `the kept transcript of session ${sessionId} is damaged: its hash is not the one it was stored with`);
}
