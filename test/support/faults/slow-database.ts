/** A database that takes its time: a table is locked, and whoever writes to it waits. */
import pg from 'pg';

export interface HeldTable {
  /** Everybody goes on. */
  release(): Promise<void>;
}

/** Until it is released, readers pass and writers wait. */
export async function holdTable(url: string, table: string): Promise<HeldTable> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`begin; lock table ${table} in exclusive mode`);
  return { release: () => client.end() };
}
