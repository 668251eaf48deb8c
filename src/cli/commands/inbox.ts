/** `holdpoint inbox`: every open question, most urgent and oldest first, with the commands that answer it. */
import type { Command } from 'commander';
import { readInbox } from '../../db/inbox.ts';
import type { Question } from '../../db/breakpoints.ts';
import { BREAKPOINTS } from '../../domain/breakpoints.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';

export interface AnswerWith {
  cli: string;
  temporal: string;
}

export type InboxEntry = Omit<Question, 'noteRequired'> & { noteRequired: boolean; answerWith: AnswerWith };

/** The exact lines that answer a question with its first action. */
export function answerWith({ id, workflowId, actions }: Pick<Question, 'id' | 'workflowId' | 'actions'>): AnswerWith {
  const action = actions[0] ?? 'approve';
  const input = JSON.stringify({ breakpoint: id, action });
  return {
    cli: `holdpoint answer ${id} ${action}`,
    temporal: `temporal workflow signal --workflow-id ${workflowId} --name answer --input '${input}'`,
  };
}

const toEntry = (question: Question): InboxEntry =>
  ({ ...question, noteRequired: question.noteRequired.length > 0, answerWith: answerWith(question) });

function entryText(entry: InboxEntry, io: Io): string {
  const colors = colorsFor(io);
  const urgency = entry.priority === 'high' ? colors.red(entry.priority) : entry.priority;
  return [
    `${colors.bold(entry.id)}  ${urgency}  since ${entry.openedAt}`,
    `  ${BREAKPOINTS[entry.kind].question}`,
    ...entry.reason.split('\n').map((line) => `  ${line}`),
    `  actions: ${entry.actions.join(', ')}`,
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
