/** What an installation is called in run keys and leases. */
import { randomBytes } from 'node:crypto';
import type { Db } from './transaction.ts';

/**
 * `<name>-<id of this database>`. The id is made by whoever asks first and stays: another database, also one that takes the place of
 * this one, never has the keys of its runs, which a host keeps for good. A copy of the database has its id.
 */
export async function installationName(db: Db, name: string): Promise<string> {
  await db.insertInto('installation').values({ id: randomBytes(6).toString('hex') }).onConflict((conflict) => conflict.doNothing()).execute();
  const { id } = await db.selectFrom('installation').select('id').executeTakeFirstOrThrow();
  return `${name}-${id}`;
}
