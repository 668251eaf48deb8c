/** `holdpoint inbox`: every open question, most urgent and oldest first, with the commands that answer it. */
import type { Command } from 'commander';
import { readInbox } from '../../db/inbox.ts';
import type { Question } from '../../db/breakpoints.ts';
import { answerCommands, type AnswerCommands } from '../../domain/answer-commands.ts';
import { BREAKPOINTS } from '../../domain/breakpoints.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';

type InboxEntry = Question & { answerWith: AnswerCommands };

const toEntry = (question: Question): InboxEntry => ({ ...question, answerWith: answerCommands(question) });

function entryText(entry: InboxEntry, io: Io): string {
  const colors = colorsFor(io);
  const urgency = entry.priority === 'high' ? colors.red(entry.priority) : entry.priority;
  return [
    `${colors.bold(entry.id)}  ${urgency}  since ${entry.openedAt}`,
    `  ${BREAKPOINTS[entry.kind].question}`,
    // A question without a reason of its own carries its sentence as the reason.
    ...(entry.reason === BREAKPOINTS[entry.kind].question ? [] : entry.reason.split('\n').map((line) => `  ${line}`)),
    `  actions: ${entry.actions.map((action) => (entry.noteRequired.includes(action) ? `${action} (with --note)` : action)).join(', ')}`,
    `  ${entry.answerWith.cli}`,
    `  ${entry.answerWith.temporal}`,
  ].join('\n');
}

async function inbox(call: Call): Promise<void> {
  const breakpoints = (await readInbox(call.session.db)).map(toEntry);
  const text = (): string => (breakpoints.length === 0 ? 'nothing waits for you' : breakpoints.map((entry) => entryText(entry, call.io)).join('\n\n'));
  await call.print({ breakpoints }, text);
}

export function addInbox(program: Command, frame: Frame): void {
  define(frame, program.command('inbox').description('every open question, most urgent and oldest first'), inbox);
}
