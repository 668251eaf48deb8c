/** `holdpoint migrate`: the database's schema, and Temporal's search attributes where Temporal answers. */
import type { Command } from 'commander';
import { migrate, migrateDown } from '../../db/migrate.ts';
import { registerSearchAttributes } from '../../temporal/search-attributes.ts';
import { define, type Call, type Frame } from '../command.ts';

interface Options {
  down?: boolean;
  databaseOnly?: boolean;
}

async function run({ session, options, print }: Call<Options>): Promise<void> {
  const { applied, error } = options.down ? await migrateDown(session.db) : await migrate(session.db);
  if (error) throw error;
  const searchAttributes = options.down || options.databaseOnly ? [] : await register(session);
  const verb = options.down ? 'taken back' : 'applied';
  const nothing = options.down ? 'nothing to take back' : 'the database is up to date';
  await print({ applied, searchAttributes }, () => [
    applied.length === 0 ? nothing : `${verb}: ${applied.join(', ')}`,
    ...(searchAttributes.length === 0 ? [] : [`search attributes registered: ${searchAttributes.join(', ')}`]),
  ].join('\n'));
}

async function register(session: Call['session']): Promise<string[]> {
  const { connection, namespace } = await session.temporal();
  return registerSearchAttributes(connection, namespace);
}

export function addMigrate(program: Command, frame: Frame): void {
  const command = program.command('migrate').description("bring the database to this program's schema and register Temporal's search attributes")
    .option('--down', 'take every migration back; this deletes all data of Holdpoint in the database').option('--database-only', 'leave Temporal alone');
  define<Options>(frame, command, run);
}
