/** The transcript of an agent's session as the host program speaks of it. Package-free. */
import type { Fence, SecretSource } from './host-api.ts';

/** A transcript beyond this is not kept: it is read and sent whole when it is put back. */
export const MOST_SESSION_BYTES = 64 * 1024 * 1024;

/** One file that only grows, line by line. No part of its path may hold `..`; names are single ones. */
export interface SessionFile {
  /** `home`: of the host's user; `state`: where the host program keeps what is its own. */
  root: 'home' | 'state';
  /** Below the root: the agent's own folder. It may be a link in `home`, which is the user's. */
  base: string;
  /** Below that: each folder in it may hold the file, none of them a link. */
  folder: string;
  /** The one that gets it when it is put back. */
  subfolder: string;
  name: string;
}

export interface ReadSession {
  file: SessionFile;
  /** So many bytes are known … */
  from: number;
  /** … and this is their SHA-256; where the file begins with others, all of it is answered. Null: not to be compared. */
  sha256: string | null;
  /** Whole lines up to here; one line that is longer comes alone. */
  maxBytes: number;
  /** Secrets of the host whose bytes are answered as `*`. */
  hide?: SecretSource[];
}

export interface SessionPart {
  exists: boolean;
  /** Bytes of all whole lines; of a file of more than `MOST_SESSION_BYTES`, which is not read, of all of it. */
  size: number;
  /** SHA-256 of the file up to the end of this part, as it is on the host. */
  sha256: string;
  /** Where the part begins: `from`, or 0 where the beginning has changed. */
  offset: number;
  /** base64; empty where there is no more. */
  data: string;
  /** Something in it was hidden. */
  hidden: boolean;
}

/** A part of a file that is put back; the last one, which ends at `size`, makes the file. Fenced by the lease of a workspace. */
export interface WriteSession extends Fence {
  file: SessionFile;
  offset: number;
  /** base64 */
  data: string;
  /** Of the whole. */
  size: number;
  sha256: string;
}

/** `there`: such a file was there before, and was left as it is. */
export interface WrittenSession {
  state: 'more' | 'written' | 'there';
}
