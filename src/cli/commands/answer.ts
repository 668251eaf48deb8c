/** `holdpoint answer BREAKPOINT ACTION`: answers one question, or is told why not. */
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AnswerAction } from '../../domain/breakpoints.ts';
import { answerBreakpoint } from '../../temporal/client.ts';
import { findBreakpoint } from '../../db/breakpoints.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { readReplies, sendReplies } from '../answers.ts';
import { define, type Call, type Frame } from '../command.ts';

interface Options {
  note?: string;
  by?: string;
  file?: string;
  tree?: string;
}

/** A milestone that has ended answers nobody, but its answers are stored: a late caller learns who was first. */
async function whoWasFirst({ session }: Call<Options>, id: string, error: unknown): Promise<unknown> {
  if (!(error instanceof HoldpointError) || (error.kind !== 'not_open' && error.kind !== 'unknown_breakpoint')) return error;
  const stored = await findBreakpoint(session.db, id).catch(() => undefined);
  if (!stored?.answer) return error;
  const { action, by, at } = stored.answer;
  return new HoldpointError('already_answered', `answered with "${action}" by ${by ?? 'somebody'} at ${at}`, { details: { first: { action, by, at } }, cause: error });
}

/** `-` is standard input. */
async function textOf({ io }: Call<Options>, file: string): Promise<string> {
  if (file !== '-') return readFile(resolve(io.cwd, file), 'utf8').catch((error: Error) => { throw new HoldpointError('bad_input', error.message, { where: { file } }); });
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

async function answer(call: Call<Options>): Promise<number | void> {
  const { file } = call.options;
  if (file !== undefined) return sendReplies(call, readReplies(await textOf(call, file), file), call.options.by);
  const missing = ['breakpoint', 'action'][call.args.length];
  if (missing !== undefined) throw new HoldpointError('bad_input', `missing required argument '${missing}'`, { hint: 'see `holdpoint answer --help`' });
  return answerOne(call);
}

async function answerOne(call: Call<Options>): Promise<void> {
  const { session, args, options, print } = call;
  const [breakpoint = '', action = ''] = args;
  const by = options.by ?? userInfo().username;
  const temporal = await session.temporal();
  // The workflow itself says which actions a question has; anything else is refused by name.
  const given = { breakpoint, action: action as AnswerAction, by, via: 'cli' as const, ...(options.note !== undefined && { note: options.note }), ...(options.tree !== undefined && { tree: options.tree }) };
  await answerBreakpoint(temporal, given).catch(async (error: unknown) => {
    throw await whoWasFirst(call, breakpoint, error);
  });
  const document = { breakpoint, action, accepted: true, by, via: 'update', at: new Date().toISOString() };
  await print(document, () => `${breakpoint}: ${action}, accepted`);
}

export function addAnswer(program: Command, frame: Frame): void {
  const command = program.command('answer').description('answer an open question; refused with a reason when it is not open')
    .argument('[breakpoint]', 'its id, as `inbox` shows it').argument('[action]', 'one of its actions')
    .option('--note <text>', 'goes into the next prompt').option('--tree <id>', 'refuse the answer when the question is about another tree')
    .option('--file <file>', 'several answers as JSON, - for standard input; each has its own result, the exit code is that of the first refused')
    .option('--by <name>', 'who answers (default: the user that runs this)');
  define<Options>(frame, command, answer);
}
