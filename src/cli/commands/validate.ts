/** `holdpoint validate PLAN`: every mistake and warning with its place; changes nothing, connects nowhere. */
import type { Command } from 'commander';
import { formatMistake } from '../../domain/yaml-source.ts';
import { define, type Call, type Frame } from '../command.ts';
import { EXIT } from '../exit.ts';
import { colorsFor } from '../io.ts';
import { checkPlan } from '../plan-file.ts';

async function validate({ session, io, args: [file = ''], print }: Call): Promise<number> {
  const { result } = checkPlan(session, file);
  const errors = result.ok ? [] : result.errors;
  const colors = colorsFor(io);
  await print({ ok: result.ok, errors, warnings: result.warnings }, () => [
    ...errors.map((error) => `${colors.red('error')}: ${formatMistake(file, error)}`),
    ...result.warnings.map((warning) => `${colors.yellow('warning')}: ${formatMistake(file, warning)}`),
    result.ok ? `${file} is a valid plan of project ${result.plan.project}` : `${errors.length} ${errors.length === 1 ? 'mistake' : 'mistakes'}`,
  ].join('\n'));
  return result.ok ? EXIT.done : EXIT.badInput;
}

export function addValidate(program: Command, frame: Frame): void {
  define(frame, program.command('validate').description('check a plan: every mistake at once, with line and column').argument('<plan>'), validate);
}
