/**
 * File names are bytes. Inside the snapshot a path is a string with one character per byte; told to others it is UTF-8, with each
 * byte that is none written as `\xNN`.
 */
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const pathBytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/** What people and the database see of a byte path. */
export const shownPath = (path: string): string => (/^[\x00-\x7f]*$/.test(path) ? path : shownBytes(pathBytes(path)));

/** The same of the bytes themselves. */
export function shownBytes(bytes: Buffer): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    return escapeBroken(bytes);
  }
}

function escapeBroken(bytes: Buffer): string {
  let shown = '';
  for (let at = 0; at < bytes.length; ) {
    const length = validLength(bytes, at);
    shown += length > 0 ? bytes.toString('utf8', at, at + length) : `\\x${bytes.toString('hex', at, at + 1)}`;
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
