/** Transcripts of agents' sessions. */
import type { Id, InstantDefaulted } from './columns.ts';

export interface TranscriptPartTable {
  id: Id;
  turn_id: number;
  session_id: string;
  generation: number;
  from_byte: number;
  to_byte: number;
  file_sha256: string;
  hidden: boolean;
  copy_bytes: number;
  copy_sha256: string;
  copy: Buffer;
  at: InstantDefaulted;
}
