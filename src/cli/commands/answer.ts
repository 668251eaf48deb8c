/** `holdpoint answer BREAKPOINT ACTION`: answers one question, or is told why not. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { AnswerAction } from '../../domain/breakpoints.ts';
import { answerBreakpoint } from '../../temporal/client.ts';
import { define, type Call, type Frame } from '../command.ts';

interface Options {
  note?: string;
  by?: string;
}

async function answer({ session, args, options, print }: Call<Options>): Promise<void> {
  const [breakpoint = '', action = ''] = args;
  const by = options.by ?? userInfo().username;
  const temporal = await session.temporal();
  // The workflow itself says which actions a question has; anything else is refused by name.
  const given = { breakpoint, action: action as AnswerAction, by, ...(options.note !== undefined && { note: options.note }) };
  await answerBreakpoint(temporal, given);
  const document = { breakpoint, action, accepted: true, by, via: 'update', at: new Date().toISOString() };
  await print(document, () => `${breakpoint}: ${action}, accepted`);
}

export function addAnswer(program: Command, frame: Frame): void {
  const command = program.command('answer').description('answer an open question; refused with a reason when it is not open')
    .argument('<breakpoint>', 'its id, as `inbox` shows it').argument('<action>', 'one of its actions')
    .option('--note <text>', 'goes into the next prompt').option('--by <name>', 'who answers (default: the user that runs this)');
  define<Options>(frame, command, answer);
}
