/**
 * File names are bytes. Inside the snapshot a path is a string with one character per byte; told to others it is UTF-8, with each
 * byte that is none written as `\xNN`. A name that holds such a text itself has its backslash written so: no two paths look alike.
 */
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const pathBytes = (path: string): Buffer => Buffer.from(path, 'latin1');

const ESCAPED = /\\x([0-9a-f]{2})/g;

export const isAscii = (path: string): boolean => !/[\x80-\xff]/.test(path);

/** What to hand to the system: Node writes strings as UTF-8, so a byte path with more than ASCII in it goes as bytes. */
export const systemPath = (path: string): string | Buffer => (isAscii(path) ? path : pathBytes(path));

/** What people and the database see of a byte path. */
export const shownPath = (path: string): string => (/^[\x00-\x5b\x5d-\x7f]*$/.test(path) ? path : shownBytes(pathBytes(path)));

/** The same of the bytes themselves. */
export function shownBytes(bytes: Buffer): string {
  try {
    return escapeLikely(STRICT.decode(bytes));
  } catch {
    return escapeBroken(bytes);
  }
}

/** The bytes of a path that was shown. */
export const bytesOfShown = (shown: string): Buffer =>
  Buffer.concat(shown.split(ESCAPED).map((part, n) => (n % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex'))));

/** The same as a word of a command line, which Node writes as UTF-8; null where the path is none. */
export function wordOfShown(shown: string): string | null {
  const bytes = bytesOfShown(shown);
  const word = bytes.toString();
  return Buffer.from(word).equals(bytes) ? word : null;
}

const escapeLikely = (text: string): string => text.replace(ESCAPED, '\\x5cx$1');

function escapeBroken(bytes: Buffer): string {
  let shown = '';
  for (let at = 0; at < bytes.length; ) {
    const length = validLength(bytes, at);
    shown += length > 0 && !looksEscaped(bytes, at) ? bytes.toString('utf8', at, at + length) : `\\x${bytes.toString('hex', at, at + 1)}`;
    at += Math.max(1, length);
  }
  return shown;
}

/** Bytes of the valid character that begins here; 0 when none does. */
function validLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    try {
      STRICT.decode(bytes.subarray(at, at + length));
      return length;
    } catch {
      // one byte more may complete it
    }
  }
  return 0;
}

const looksEscaped = (bytes: Buffer, at: number): boolean => /^\\x[0-9a-f]{2}$/.test(bytes.toString('latin1', at, at + 4));
