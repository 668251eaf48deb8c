/** `holdpoint init [FILE]`: writes a commented plan, and beside it the JSON Schema that editors complete it from. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { PLAN_SCHEMA_FILE, PLAN_TEMPLATES, planJsonSchema, planTemplate } from '../../domain/plan-schema.ts';
import { define, type Call, type Frame } from '../command.ts';

interface Options {
  template: string;
  force?: boolean;
}

/** The folder's name as an id. */
const projectName = (folder: string): string =>
  basename(folder).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63) || 'my-project';

async function init({ io, args: [file = 'holdpoint.yaml'], options, print }: Call<Options>): Promise<void> {
  const path = resolve(io.cwd, file);
  const folder = dirname(path);
  const text = planTemplate(options.template, projectName(folder));
  if (text === undefined) {
    throw new HoldpointError('bad_input', `there is no template ${options.template}`, { hint: `templates: ${PLAN_TEMPLATES.join(', ')}` });
  }
  if (existsSync(path) && !options.force) {
    throw new HoldpointError('bad_input', `${file} exists`, { hint: 'name another file, or overwrite it with --force', where: { file } });
  }
  if (!existsSync(folder)) throw new HoldpointError('bad_input', `there is no folder ${dirname(file)}`, { hint: 'make it first', where: { file } });
  writeFileSync(path, text);
  const schema = join(folder, PLAN_SCHEMA_FILE);
  writeFileSync(schema, `${JSON.stringify(planJsonSchema(), null, 2)}\n`);
  await print({ plan: path, schema }, () => `wrote ${file} and ${PLAN_SCHEMA_FILE}\nnext: edit it, then \`holdpoint validate ${file}\` and \`holdpoint start ${file}\``);
}

export function addInit(program: Command, frame: Frame): void {
  const command = program.command('init').description('write a commented plan').argument('[file]', 'default holdpoint.yaml')
    .option('--template <name>', PLAN_TEMPLATES.join(' or '), PLAN_TEMPLATES[0]).option('--force', 'overwrite');
  define<Options>(frame, command, init);
}
