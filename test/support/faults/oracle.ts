/** What a run wrote against what is stored of it, byte by byte. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenDb } from '../../../src/db/client.ts';
import { runDirectory } from '../../../src/host/run/run-files.ts';

export interface Comparison {
  written: { bytes: number; lines: number; sha256: string };
  stored: { bytes: number; lines: number; sha256: string };
  /** Offsets at which a row does not begin where the one before it ended. */
  gaps: number[];
  /** Where the database believes the stored stream ends. */
  offset: number;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const linesIn = (bytes: Buffer): number => bytes.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);

/** The file `out` of the run on this machine. */
export const outFile = (stateDir: string, key: string): string => join(runDirectory(stateDir, key), 'out');

/** For a stream whose last line ends with a newline. */
export async function compare(db: OpenDb['db'], stateDir: string, key: string): Promise<Comparison> {
  const out = readFileSync(outFile(stateDir, key));
  const rows = await db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id')
    .select(['byte_offset as offset', 'raw']).where('run_key', '=', key).orderBy('byte_offset').execute();
  const bytes = Buffer.concat(rows.flatMap(({ raw }) => [raw, Buffer.from('\n')]));
  let end = 0;
  const gaps = rows.flatMap(({ offset, raw }) => {
    const isGap = offset !== end;
    end = offset + raw.length + 1;
    return isGap ? [offset] : [];
  });
  const run = await db.selectFrom('run').select('out_offset').where('run_key', '=', key).executeTakeFirstOrThrow();
  return {
    written: { bytes: out.length, lines: linesIn(out), sha256: sha(out) },
    stored: { bytes: bytes.length, lines: rows.length, sha256: sha(bytes) },
    gaps, offset: run.out_offset,
  };
}
