/** `holdpoint extend TARGET`: more turns, money or time than the plan gives; to a project, more money. */
import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { describeExtension, readExtension, type Extension } from '../../domain/limits/extension.ts';
import { extend } from '../../temporal/client.ts';
import { define, type Call, type Frame } from '../command.ts';
import { targetOf } from '../targets.ts';

interface Options {
  turns?: number;
  budget?: number;
  minutes?: number;
  by?: string;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  return value;
}

function extensionOf({ turns, budget: budgetUsd, minutes, by = userInfo().username }: Options, task: string | undefined): Extension {
  const read = readExtension({ task, turns, budgetUsd, minutes, by });
  if ('extension' in read) return read.extension;
  throw new HoldpointError('bad_input', read.problem.replaceAll('"budgetUsd"', '--budget').replace(/"(turns|minutes)"/g, '--$1'), {
    hint: 'give at least one of --turns N, --budget USD, --minutes M',
  });
}

async function extendTarget({ session, args, options, print }: Call<Options>): Promise<void> {
  const [name = ''] = args;
  const { project, milestone, task, turn } = targetOf(name);
  if (turn !== undefined) {
    throw new HoldpointError('bad_input', `${name} names a turn; a project, a milestone or a task can be extended`, { hint: 'write project, project/milestone or project/milestone/task' });
  }
  const extension = extensionOf(options, task);
  await extend(await session.temporal(), { project, ...(milestone !== undefined && { milestone }) }, extension);
  const { turns, budgetUsd, minutes, by = null } = extension;
  const document = { target: name, accepted: true, ...(turns && { turns }), ...(budgetUsd && { budgetUsd }), ...(minutes && { minutes }), by, via: 'update', at: new Date().toISOString() };
  await print(document, () => `${name}: ${describeExtension(extension)} more, from now on`);
}

export function addExtend(program: Command, frame: Frame): void {
  const command = program.command('extend').description('give a task, a milestone or a project more than the plan does').argument('<target>', 'project (money alone), project/milestone or project/milestone/task')
    .option('--turns <n>', "the model's turns of one run", number).option('--budget <usd>', 'US dollars', number).option('--minutes <m>', 'time to work', number)
    .option('--by <name>', 'who extends (default: the user that runs this)');
  define<Options>(frame, command, extendTarget);
}
