/** A planted secret and where it must not be: every form of it, whole and in pieces, in rows, histories, logs and on disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import type { Database } from '../../src/db/schema.ts';

/** Longer than what is left of a piece whose ends are not sure. */
const PIECE = 16;

const base64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '');

/** Every way in which the tests make somebody print it. */
export function canaryForms(secret: string): string[] {
  const encoded = ['', 'x', 'xx'].map((before) => base64(before + secret).slice(4, -4));
  const hex = Buffer.from(secret).toString('hex');
  return [secret, encodeURIComponent(secret), ...encoded, ...encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')), hex, hex.toUpperCase()];
}

/** Pieces of the secret, in whatever form, that the text holds; runs of letters are compared, so an escape between them hides nothing. */
export function canariesIn(text: string, secret: string): string[] {
  const pieces = canaryForms(secret).flatMap((form) => Array.from({ length: Math.max(0, form.length - PIECE + 1) }, (_, at) => form.slice(at, at + PIECE)));
  return [...new Set(pieces)].filter((piece) => text.includes(piece));
}

/** Every column of every table, as text; bytes as they are. */
export async function allRows(db: Kysely<Database>): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db);
  const dumped = await Promise.all(tables.map(async ({ name }) => {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db);
    return rows.map((row) => Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value))).join('\t'));
  }));
  return dumped.flat().join('\n');
}

/** What was there when the folder was listed may be gone by now: objects become packs. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Files below the folder that hold a piece of it, relative to the folder. */
export function filesHolding(dir: string, secret: string): string[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => canariesIn(textOf(file), secret).length > 0).map((file) => file.slice(dir.length + 1)).sort();
}
