/** A drill's project goes without a trace, whatever tables there are; another one stays as it is. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { appendLines } from '../../src/db/agent-events.ts';
import { insertCheckpoint } from '../../src/db/checkpoints.ts';
import { noteEvent } from '../../src/db/events.ts';
import { removeProject } from '../../src/db/remove-project.ts';
import type { Db } from '../../src/db/transaction.ts';
import { AT, beginProject, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

async function fill(project: string): Promise<void> {
  const { turn, key } = await beginProject(db, project);
  const line = { offset: 0, raw: Buffer.from('hello'), kind: 'text' as const, text: 'hello', json: null, at: AT };
  await appendLines(db, { runKey: key, from: 0, to: 6, lines: [line] });
  await insertCheckpoint(db, { ...turn, kind: 'before' }, { tree: 't', sidecar: 's', files: 1, bytes: 1, notCovered: [] });
  await noteEvent(db, { project, milestone: 'slugs', kind: 'note', message: 'hello', key: 'k' });
}

async function counts(): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like 'kysely%' order by 1`.execute(db);
  const found: Record<string, number> = {};
  for (const { name } of rows) {
    const counted = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(db);
    if (counted.rows[0]?.n) found[name] = counted.rows[0].n;
  }
  return found;
}

test('and nothing else goes', async () => {
  await fill('stays');
  const before = await counts();
  await fill('goes');
  // As a later migration might add one.
  await sql.raw('create table noted (run_id bigint not null references run (id), note text); insert into noted select id, run_key from run').execute(db);
  await removeProject(db, 'goes');
  await removeProject(db, 'goes');
  expect(await counts()).toEqual({ ...before, noted: 1 });
});
