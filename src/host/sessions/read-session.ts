/** Reads what was added to a transcript since it was read last: whole lines, and the hash of all that comes before. */
import { createHash } from 'node:crypto';
import { fstatSync, readSync } from 'node:fs';
import { MOST_SESSION_BYTES, type ReadSession, type SessionPart } from '../../domain/host-sessions.ts';
import type { ByteMask } from '../../domain/redact/byte-mask.ts';
import { HostError } from '../host-error.ts';
import { checkSessionFile, withSessionFile, withSessionFolder, type SessionRoots } from './session-folder.ts';

const PIECE = 1024 * 1024;
const NEWLINE = 0x0a;
const NONE: SessionPart = { exists: false, size: 0, sha256: '', offset: 0, data: '', hidden: false };

/** May be repeated. Throws `bad_input`. `mask`: what is hidden in the bytes. */
export function readSession(roots: SessionRoots, p: ReadSession, mask: ByteMask | null): SessionPart {
  checkRequest(p);
  return withSessionFolder(roots, p.file, false, (folder) => (folder === undefined ? NONE : withSessionFile(folder, p.file, (fd) => (fd === undefined ? NONE : partOf(fd, p, mask)))));
}

function checkRequest({ file, from, maxBytes }: ReadSession): void {
  checkSessionFile(file);
  if (!Number.isSafeInteger(from) || from < 0) throw new HostError('bad_input', 'from must be a whole number, 0 or more');
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw new HostError('bad_input', 'maxBytes must be a whole number, 1 or more');
}

function partOf(fd: number, { from, sha256, maxBytes }: ReadSession, mask: ByteMask | null): SessionPart {
  const all = fstatSync(fd).size;
  // One line of it may be larger than what memory there is.
  if (all > MOST_SESSION_BYTES) return { ...NONE, exists: true, size: all };
  const size = endOfLines(fd, all);
  const offset = from <= size && (sha256 === null || hashOf(fd, from) === sha256) ? from : 0;
  const end = endOfPart(fd, offset, Math.min(size, offset + maxBytes), size);
  const raw = bytesOf(fd, offset, end);
  const bytes = mask ? mask.hide(raw) : raw;
  return { exists: true, size, sha256: hashOf(fd, end), offset, data: bytes.toString('base64'), hidden: !bytes.equals(raw) };
}

/** Where the part ends: after the last whole line that fits, or after the first, however long. */
function endOfPart(fd: number, from: number, limit: number, size: number): number {
  const fitting = limit === size ? size : endOfLines(fd, limit, from);
  return fitting > from ? fitting : afterNewline(fd, from, size);
}

/** End of the last whole line before `end`; `from` where there is none. */
function endOfLines(fd: number, end: number, from = 0): number {
  for (let at = end; at > from; at = Math.max(from, at - PIECE)) {
    const start = Math.max(from, at - PIECE);
    const found = bytesOf(fd, start, at).lastIndexOf(NEWLINE);
    if (found >= 0) return start + found + 1;
  }
  return from;
}

function afterNewline(fd: number, from: number, size: number): number {
  for (let at = from; at < size; at += PIECE) {
    const found = bytesOf(fd, at, Math.min(size, at + PIECE)).indexOf(NEWLINE);
    if (found >= 0) return at + found + 1;
  }
  return from;
}

/** Of the first `end` bytes. */
export function hashOf(fd: number, end: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < end; at += PIECE) hash.update(bytesOf(fd, at, Math.min(end, at + PIECE)));
  return hash.digest('hex');
}

function bytesOf(fd: number, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start);
  let read = 0;
  for (let last = -1; read < bytes.length && last !== 0; read += last) last = readSync(fd, bytes, read, bytes.length - read, start + read);
  return bytes.subarray(0, read);
}
