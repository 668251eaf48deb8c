/** `holdpoint answer BREAKPOINT ACTION`: answers one question, or is told why not. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { AnswerAction } from '../../domain/breakpoints.ts';
import { answerBreakpoint } from '../../temporal/client.ts';
import { findBreakpoint } from '../../db/breakpoints.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { define, type Call, type Frame } from '../command.ts';

interface Options {
  note?: string;
  by?: string;
}

/** A milestone that has ended answers nobody, but its answers are stored: a late caller learns who was first. */
async function whoWasFirst({ session }: Call<Options>, id: string, error: unknown): Promise<unknown> {
  if (!(error instanceof HoldpointError) || (error.kind !== 'not_open' && error.kind !== 'unknown_breakpoint')) return error;
  const stored = await findBreakpoint(session.db, id).catch(() => undefined);
  if (!stored?.answer) return error;
  const { action, by, at } = stored.answer;
  return new HoldpointError('already_answered', `answered with "${action}" by ${by ?? 'somebody'} at ${at}`, { details: { first: { action, by, at } }, cause: error });
}

async function answer(call: Call<Options>): Promise<void> {
  const { session, args, options, print } = call;
  const [breakpoint = '', action = ''] = args;
  const by = options.by ?? userInfo().username;
  const temporal = await session.temporal();
  // The workflow itself says which actions a question has; anything else is refused by name.
  const given = { breakpoint, action: action as AnswerAction, by, ...(options.note !== undefined && { note: options.note }) };
  await answerBreakpoint(temporal, given).catch(async (error: unknown) => {
    throw await whoWasFirst(call, breakpoint, error);
  });
  const document = { breakpoint, action, accepted: true, by, via: 'update', at: new Date().toISOString() };
  await print(document, () => `${breakpoint}: ${action}, accepted`);
}

export function addAnswer(program: Command, frame: Frame): void {
  const command = program.command('answer').description('answer an open question; refused with a reason when it is not open')
    .argument('<breakpoint>', 'its id, as `inbox` shows it').argument('<action>', 'one of its actions')
    .option('--note <text>', 'goes into the next prompt').option('--by <name>', 'who answers (default: the user that runs this)');
  define<Options>(frame, command, answer);
}
