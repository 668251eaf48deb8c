/** The same lines by `psql \copy` into a table of numbered texts. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { databaseEnv } from '../b1/anchor.ts';

const run = promisify(execFile);
const TABLE = 'bench_copied';

// Characters that JSON cannot hold as they are: each line is one value.
const FORMAT = `(format csv, delimiter e'\\x01', quote e'\\x02')`;

export interface AnchorParts {
  path: string;
  databaseUrl: string;
  file: string;
  lines: number;
}

async function psql({ path, databaseUrl }: AnchorParts, command: string): Promise<string> {
  const { stdout } = await run('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', command], { env: { PATH: path, ...databaseEnv(databaseUrl) } });
  return stdout.trim();
}

/** Once, before the first round. */
export const prepareAnchor = (parts: AnchorParts): Promise<string> => psql(parts, `create table ${TABLE} (n bigint generated always as identity primary key, raw text not null)`);

/** One round: lines a second, the start of psql included. */
export async function anchorRound(parts: AnchorParts): Promise<number[]> {
  await psql(parts, `truncate ${TABLE}`);
  const from = performance.now();
  await psql(parts, `\\copy ${TABLE} (raw) from '${parts.file}' with ${FORMAT}`);
  const seconds = (performance.now() - from) / 1000;
  const count = Number(await psql(parts, `select count(*) from ${TABLE}`));
  if (count !== parts.lines) throw new Error(`${count} rows of ${parts.lines} lines`);
  return [parts.lines / seconds];
}
