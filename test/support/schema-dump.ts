/**
 * The schema as SQL, read from the catalogs: the same text from every server version and without pg_dump, whose version
 * would have to match the server's. Loading it into an empty database makes the same schema (a test does).
 */
import { sql } from 'kysely';
import type { Db } from '../../src/db/transaction.ts';

/** Kysely's own bookkeeping is not ours to describe. */
const OURS = sql`n.nspname = 'public' and c.relname not like 'kysely_%'`;

const HEADER = '-- The schema after all migrations. Regenerate with `npm run db:dump`; a test compares.\n';

interface Column {
  table: string;
  line: string;
}

async function columnLines(db: Db): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select c.relname as table, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attidentity = 'a' then ' generated always as identity' else '' end
      || case when a.attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind = 'r' and ${OURS} order by c.relname collate "C", a.attnum`.execute(db);
  return rows;
}

/** Newer servers keep NOT NULL as a constraint too; it is in the column line already. */
async function constraints(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select format('alter table %I add constraint %I %s;', c.relname, k.conname, pg_get_constraintdef(k.oid)) as line
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where k.contype in ('p', 'u', 'c', 'f') and ${OURS}
    order by array_position('{p,u,c,f}'::"char"[], k.contype), c.relname collate "C", k.conname collate "C"`.execute(db);
  return rows.map((row) => row.line);
}

async function indexes(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select pg_get_indexdef(i.indexrelid) || ';' as line
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)
    order by i.indexrelid::regclass::text collate "C"`.execute(db);
  return rows.map((row) => row.line);
}

async function comments(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select case when d.objsubid = 0 then format('comment on table %I is %L;', c.relname, d.description)
      else format('comment on column %I.%I is %L;', c.relname, a.attname, d.description) end as line
    from pg_description d join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
    where ${OURS} order by c.relname collate "C", d.objsubid`.execute(db);
  return rows.map((row) => row.line);
}

async function functions(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select rtrim(pg_get_functiondef(p.oid), E'\n') || ';' as line from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' order by p.proname collate "C"`.execute(db);
  return rows.map((row) => row.line);
}

async function triggers(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select pg_get_triggerdef(t.oid) || ';' as line from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and ${OURS} order by t.tgname collate "C"`.execute(db);
  return rows.map((row) => row.line);
}

function createTables(columns: Column[]): string[] {
  const tables = Map.groupBy(columns, (column) => column.table);
  return [...tables].map(([table, lines]) => `create table ${table} (\n  ${lines.map((column) => column.line).join(',\n  ')}\n);`);
}

/** The whole schema as SQL text. */
export async function dumpSchema(db: Db): Promise<string> {
  const parts = [createTables(await columnLines(db)).join('\n\n'), ...[await constraints(db), await indexes(db), await functions(db), await triggers(db), await comments(db)].map((part) => part.join('\n'))];
  return `${HEADER}\n${parts.join('\n\n')}\n`;
}
