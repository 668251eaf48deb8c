/** What one would write by hand: `ssh host tail -F file | sed … | psql`, one COPY for each line. */
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { WRITER_FILE, type Flow } from './agent.ts';
import type { BenchHost } from './host.ts';
import { latencies, type Observer } from './observer.ts';

export const ANCHOR_TABLE = 'bench_line';
const DEADLINE_MS = 120_000;

export interface AnchorParts {
  dir: string;
  path: string;
  host: BenchHost;
  databaseUrl: string;
  observer: Observer;
}

const SCRIPT = `ssh -F "$SSH_CONFIG" -o BatchMode=yes "$SSH_HOST" "tail -n +1 -F '$FILE' 2>/dev/null" |
  sed -u 's/.*/copy ${ANCHOR_TABLE} (raw) from stdin;\\n&\\n\\\\./' |
  psql -X -q -v ON_ERROR_STOP=1`;

export function databaseEnv(url: string): Record<string, string> {
  const { hostname, port, pathname, username, password } = new URL(url);
  return { PGHOST: hostname, PGPORT: port, PGDATABASE: pathname.slice(1), PGUSER: decodeURIComponent(username), PGPASSWORD: decodeURIComponent(password) };
}

interface Pipeline {
  /** Rejects when it ends by itself. */
  ended: Promise<never>;
  stop(): Promise<void>;
}

/** In a process group of its own, which `stop` ends. */
function startPipeline(parts: AnchorParts, file: string): Pipeline {
  const env = { PATH: parts.path, SSH_CONFIG: parts.host.configFile, SSH_HOST: parts.host.alias, FILE: file, ...databaseEnv(parts.databaseUrl) };
  const logFile = `${file}.log`;
  const log = openSync(logFile, 'a');
  const child = spawn('/bin/sh', ['-c', SCRIPT], { env, cwd: parts.dir, detached: true, stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  const exited = once(child, 'exit');
  const ended = exited.then((): never => {
    throw new Error(`the pipeline ended: ${readFileSync(logFile, 'utf8')}`);
  });
  ended.catch(() => undefined);
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM');
    await exited;
    // Nobody reads any more: the remote tail learns of it when it writes.
    appendFileSync(file, '{}\n');
  };
  return { ended, stop };
}

/** Appends the writer's lines to `file` on the host. */
async function write(parts: AnchorParts, file: string, { lines, perSecond, bytes }: Flow): Promise<void> {
  const command = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${join(parts.dir, 'writer.mts')}' ${lines} ${perSecond} ${bytes} >> '${file}'`;
  const args = ['-F', parts.host.configFile, '-o', 'BatchMode=yes', parts.host.alias, command];
  const child = spawn('ssh', args, { env: { PATH: parts.path }, cwd: parts.dir, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the writer ended with ${code}`);
}

async function storedLines(databaseUrl: string): Promise<{ n: number; at: string }[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ n: number; at: string }>(`
    select (raw::json ->> 'n')::int as n, raw::json ->> 'at' as at from ${ANCHOR_TABLE} where raw::json ->> 'n' is not null and raw::json ->> 'at' is not null order by 1`);
  await client.end();
  return rows;
}

/** Once, before the first round. */
export async function prepareAnchor({ dir, databaseUrl, observer }: AnchorParts): Promise<void> {
  copyFileSync(WRITER_FILE, join(dir, 'writer.mts'));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`create table ${ANCHOR_TABLE} (raw text not null)`);
  await client.end();
  await observer.install(ANCHOR_TABLE, 'raw::json');
}

async function clear(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`truncate ${ANCHOR_TABLE}`);
  await client.end();
}

/** One round; latencies in milliseconds. */
export async function anchorRound(parts: AnchorParts, name: string, flow: Flow): Promise<number[]> {
  await clear(parts.databaseUrl);
  const file = join(parts.dir, `${name}.jsonl`);
  // The writer begins when the first line has come through: setting up is not measured.
  writeFileSync(file, '{"n":0}\n');
  const watch = parts.observer.watch(ANCHOR_TABLE);
  const pipeline = startPipeline(parts, file);
  try {
    await Promise.race([watch.committed(0, DEADLINE_MS), pipeline.ended]);
    const stored = watch.committed(flow.lines, DEADLINE_MS);
    await Promise.race([Promise.all([write(parts, file, flow), stored]), pipeline.ended]);
    return latencies(await storedLines(parts.databaseUrl), flow.lines, watch);
  } finally {
    watch.end();
    await pipeline.stop();
  }
}
