/** Takes a project out of the database without a trace: for drills, never for a user's work. */
import { sql } from 'kysely';
import { inTransaction, type Db } from './transaction.ts';

interface Table {
  name: string;
  columns: string[];
  /** Tables its rows refer to. */
  parents: string[];
}

/** Asked of the catalogue, so that a table that a later migration adds is cleared too. */
async function tables(db: Db): Promise<Table[]> {
  const { rows } = await sql<Table>`
    select c.relname as name, array_agg(distinct a.attname::text) as columns,
      array(select distinct p.relname::text from pg_constraint f join pg_class p on p.oid = f.confrelid where f.conrelid = c.oid and f.contype = 'f') as parents
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = (select relnamespace from pg_class where oid = 'project'::regclass) and c.relkind = 'r'
    group by c.oid, c.relname`.execute(db);
  return rows;
}

/** The column by which a row of the table is a project's; null when none can be. */
function scopeOf({ name, columns }: Table): 'id' | 'project' | 'turn_id' | 'run_id' | null {
  if (name === 'project') return 'id';
  return (['project', 'turn_id', 'run_id'] as const).find((column) => columns.includes(column)) ?? null;
}

const SCOPES = { turn_id: 'turn', run_id: 'run' } as const;

/** Not every reference is a foreign key: lines of a stream are stored without the cost of one. */
function refersTo(table: Table, name: string): boolean {
  const scope = scopeOf(table);
  return table.parents.includes(name) || ((scope === 'turn_id' || scope === 'run_id') && SCOPES[scope] === name);
}

/** Those that others refer to come last. */
function childrenFirst(all: readonly Table[]): Table[] {
  const ordered: Table[] = [];
  const visit = (table: Table): void => {
    if (ordered.includes(table)) return;
    all.filter((other) => other !== table && refersTo(other, table.name)).forEach(visit);
    ordered.push(table);
  };
  all.forEach(visit);
  return ordered;
}

function rowsOf(table: Table, project: string) {
  const turns = sql`select id from turn where project = ${project}`;
  switch (scopeOf(table)) {
    case 'id': return sql`id = ${project}`;
    case 'project': return sql`project = ${project}`;
    case 'turn_id': return sql`turn_id in (${turns})`;
    case 'run_id': return sql`run_id in (select id from run where turn_id in (${turns}))`;
    case null: return null;
  }
}

/** One transaction. May be repeated; does nothing for a project that is not there. Its workflows must have ended. */
export async function removeProject(db: Db, project: string): Promise<void> {
  const ordered = childrenFirst(await tables(db));
  await inTransaction(db, async (tx) => {
    for (const table of ordered) {
      const mine = rowsOf(table, project);
      if (mine) await sql`delete from ${sql.table(table.name)} where ${mine}`.execute(tx);
    }
  });
}
