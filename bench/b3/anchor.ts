/** What one would write by hand: `ssh host cmd | … | psql`, one COPY for each line, started again when the link has broken. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { WRITER_FILE, type Flow } from '../b1/agent.ts';
import { databaseEnv } from '../b1/anchor.ts';
import { until } from '../b1/ours.ts';
import type { ProxiedHost } from '../proxied-host.ts';
import { damageOf, type Damage, type Strike } from './lines.ts';

const TABLE = 'bench_damage';

export interface AnchorParts {
  path: string;
  host: ProxiedHost;
  databaseUrl: string;
}

export type LinkFault = 'link reset' | 'link silence';

const SCRIPT = `ssh -F "$SSH_CONFIG" "$SSH_HOST" "$COMMAND" 2>/dev/null |
  sed -u 's/.*/copy ${TABLE} (raw) from stdin;\\n&\\n\\\\./' |
  psql -X -q -v ON_ERROR_STOP=1`;

interface Pipeline {
  ended: Promise<unknown>;
  stop(): Promise<void>;
}

function startPipeline({ path, host, databaseUrl }: AnchorParts, { lines, perSecond, bytes }: Flow): Pipeline {
  const command = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${WRITER_FILE}' ${lines} ${perSecond} ${bytes}`;
  const env = { PATH: path, SSH_CONFIG: host.configFile, SSH_HOST: host.alias, COMMAND: command, ...databaseEnv(databaseUrl) };
  const child = spawn('/bin/sh', ['-c', SCRIPT], { env, detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM');
    await ended;
  };
  return { ended, stop };
}

const numberIn = (raw: string): number[] => {
  try {
    const { event, n } = JSON.parse(raw) as { event: string; n?: number };
    return event === 'text' ? [n ?? NaN] : [];
  } catch {
    return [NaN];
  }
};

const FAULTS: Record<LinkFault, (host: ProxiedHost) => void> = {
  'link reset': ({ proxy }) => proxy.reset(),
  'link silence': ({ proxy }) => proxy.swallow(),
};

/** Strikes when so many rows have come since the pipeline was last started; returns when it has ended. */
async function struckPipeline(parts: AnchorParts, flow: Flow, rows: () => Promise<number>, { fault, at }: Strike<LinkFault>): Promise<void> {
  const before = await rows();
  const pipeline = startPipeline(parts, flow);
  try {
    await until(`${at} lines of the pipeline`, async () => (await rows()) >= before + at);
    FAULTS[fault](parts.host);
    await pipeline.ended;
  } finally {
    await pipeline.stop();
  }
}

/** One round. */
export async function anchorDamage(parts: AnchorParts, flow: Flow, strikes: readonly Strike<LinkFault>[]): Promise<Damage> {
  const client = new pg.Client({ connectionString: parts.databaseUrl });
  await client.connect();
  try {
    await client.query(`drop table if exists ${TABLE}`);
    await client.query(`create table ${TABLE} (raw text not null)`);
    const rows = async (): Promise<number> => Number((await client.query<{ count: string }>(`select count(*) from ${TABLE}`)).rows[0]?.count);
    for (const one of strikes) await struckPipeline(parts, flow, rows, one);
    await startPipeline(parts, flow).ended;
    const { rows: stored } = await client.query<{ raw: string }>(`select raw from ${TABLE}`);
    return damageOf(stored.flatMap(({ raw }) => numberIn(raw)), flow.lines);
  } finally {
    // Silent sessions end at the server too.
    parts.host.proxy.reset();
    await client.end();
  }
}
