/**
 * Learns of committed rows the same way in both arms: a statement trigger notifies with the highest line number, and Postgres
 * delivers a notification only after its transaction is committed and flushed.
 */
import pg from 'pg';

interface Seen {
  upTo: number;
  at: bigint;
}

export interface Watch {
  /** Resolves when line `n` is committed; rejects after `timeoutMs`. */
  committed(n: number, timeoutMs: number): Promise<void>;
  /** When line `n` was seen to be committed, on the monotonic clock. */
  at(n: number): bigint;
  /** Whoever still waits waits for ever. */
  end(): void;
}

export interface Observer {
  /** Rows of that table (its lines as JSON, by the expression `line`) are told from now on; once per table. */
  install(table: string, line: string): Promise<void>;
  /** Notifications of that table from now on. One at a time. */
  watch(table: string): Watch;
  close(): Promise<void>;
}

const triggerSql = (table: string, line: string): string => `
  create function bench_${table}() returns trigger language plpgsql as $$
  begin
    perform pg_notify('bench_${table}', max((${line} ->> 'n')::int)::text) from added;
    return null;
  end $$;
  create trigger bench after insert on ${table} referencing new table as added for each statement execute function bench_${table}();
  listen bench_${table};`;

function watchOn(client: pg.Client, table: string): Watch {
  const seen: Seen[] = [];
  const waiting = new Set<{ n: number; resolve: () => void; timer: NodeJS.Timeout }>();
  const onNotification = ({ channel, payload }: pg.Notification): void => {
    const at = process.hrtime.bigint();
    if (channel !== `bench_${table}`) return;
    // Lines without a number (the first, the last) count as line 0.
    seen.push({ upTo: Number(payload ?? 0), at });
    for (const one of waiting) if (Number(payload ?? 0) >= one.n) one.resolve();
  };
  client.on('notification', onNotification);
  return {
    async committed(n, timeoutMs) {
      if (seen.some(({ upTo }) => upTo >= n)) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new Error(`line ${n} was not stored in ${table} within ${timeoutMs} ms`)), timeoutMs);
      waiting.add({ n, resolve, timer });
      await promise.finally(() => clearTimeout(timer));
    },
    at(n) {
      const first = seen.find(({ upTo }) => upTo >= n);
      if (!first) throw new Error(`line ${n} was never seen in ${table}`);
      return first.at;
    },
    end() {
      client.off('notification', onNotification);
      for (const { timer } of waiting) clearTimeout(timer);
    },
  };
}

/** A connection of its own, which does nothing else. */
export async function openObserver(url: string): Promise<Observer> {
  const client = new pg.Client({ connectionString: url });
  // It breaks only when an interrupted run stops its servers.
  client.on('error', () => undefined);
  await client.connect();
  return {
    install: async (table, line) => void (await client.query(triggerSql(table, line))),
    watch: (table) => watchOn(client, table),
    close: () => client.end(),
  };
}

/** Milliseconds from each line's write to its commit. Throws unless every line is there exactly once. */
export function latencies(rows: { n: number; at: string }[], lines: number, watch: Watch): number[] {
  if (rows.length !== lines || new Set(rows.map(({ n }) => n)).size !== lines) throw new Error(`${rows.length} rows of ${lines} lines`);
  return rows.map(({ n, at }) => Number(watch.at(n) - BigInt(at)) / 1e6);
}
