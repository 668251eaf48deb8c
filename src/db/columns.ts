/** How column types are read and written. The only place that makes text and jsonb fit for Postgres. */
import type { ColumnType, Generated } from 'kysely';

/** Read as a Date; written as a Date or RFC 3339. */
export type Instant = ColumnType<Date, Date | string, Date | string>;
export type InstantOrNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
export type InstantDefaulted = ColumnType<Date, Date | string | undefined, Date | string>;

/** Read parsed; written as the text that `jsonText` makes. */
export type Json<T> = ColumnType<T, string, string>;
export type JsonOrNull<T> = ColumnType<T | null, string | null | undefined, string | null>;

export type Id = Generated<number>;

/** One pair of backslash and character, so that an escaped backslash is never taken for the start of an escape. */
const ESCAPES = /\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g;

/**
 * `value` as JSON that jsonb accepts: NUL and lone surrogates become U+FFFD. `JSON.stringify` writes a surrogate as an escape
 * only when it has no partner, so each one found is a lone one.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.includes('\\u') ? repaired(text) : text;
}

const repaired = (text: string): string => text.replace(ESCAPES, (pair, code: string) => (code.length > 1 ? '\\ufffd' : pair));

/** `value` as JSON if jsonb can hold it exactly as it is; else null. Never throws for data that came from JSON. */
export function exactJsonText(value: unknown): string | null {
  try {
    const text = JSON.stringify(value ?? null);
    return text.includes('\\u') && repaired(text) !== text ? null : text;
  } catch (error) {
    // Nested too deep: JSON.parse reads deeper than JSON.stringify writes.
    if (error instanceof Error && error.name === 'RangeError') return null;
    throw error;
  }
}

/** `text` that a text column accepts: NUL and lone surrogates become U+FFFD. */
export function cleanText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed();
  return formed.includes('\0') ? formed.replaceAll('\0', '\ufffd') : formed;
}

export const cleanOrNull = (text: string | null | undefined): string | null => (text == null ? null : cleanText(text));

/** RFC 3339 in UTC. */
export const isoOrNull = (at: Date | null): string | null => at?.toISOString() ?? null;
