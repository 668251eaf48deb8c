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

/** Not every reference is a foreign key: lines of a stream are stored without the cost of one. */
const refersTo = ({ parents, columns }: Table, name: string): boolean =>
  parents.includes(name) || (name === 'run' && columns.includes('run_id')) || (name === 'turn' && columns.includes('turn_id'));

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

/** Which rows of the table are the project's; null when none can be. */
function rowsOf({ name, columns }: Table, project: string) {
  const turns = sql`select id from turn where project = ${project}`;
  if (name === 'project') return sql`id = ${project}`;
  if (columns.includes('project')) return sql`project = ${project}`;
  if (columns.includes('turn_id')) return sql`turn_id in (${turns})`;
  return columns.includes('run_id') ? sql`run_id in (select id from run where turn_id in (${turns}))` : null;
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
