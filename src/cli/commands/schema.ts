/** `holdpoint schema NAME`: the JSON Schemas of the plan and of every document the commands print. */
import type { Command } from 'commander';
import { documentNames, documentSchema } from '../../domain/documents/index.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { define, type Call, type Frame } from '../command.ts';
import { write } from '../io.ts';

async function schema({ io, args: [name], print }: Call): Promise<void> {
  if (name === undefined) return void await print({ names: documentNames }, () => documentNames.join('\n'));
  const found = documentSchema(name);
  if (!found) throw new HoldpointError('unknown_target', `there is no schema ${name}`, { hint: `schemas: ${documentNames.join(', ')}` });
  await write(io.stdout, `${JSON.stringify(found, null, 2)}\n`);
}

export function addSchema(program: Command, frame: Frame): void {
  const command = program.command('schema').description('JSON Schema of the plan and of every document the commands print; without a name, the names').argument('[name]');
  define(frame, command, schema);
}
