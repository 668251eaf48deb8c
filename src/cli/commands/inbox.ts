/** `holdpoint inbox`: every open question, most urgent and oldest first, with the commands that answer it. */
import type { Command } from 'commander';
import { readInbox } from '../../db/inbox.ts';
import { answeredBreakpoints, type Question, type StoredBreakpoint } from '../../db/breakpoints.ts';
import { answerCommands, type AnswerCommands } from '../../domain/answer-commands.ts';
import { BREAKPOINTS } from '../../domain/breakpoints.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { fillForm, sendReplies } from '../answers.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, isInteractive, type Io } from '../io.ts';

type InboxEntry = Question & { answerWith: AnswerCommands };

const toEntry = (question: Question): InboxEntry => ({ ...question, answerWith: answerCommands(question) });

/** A plan is read whole; its beginning is the reason. */
function longPlan({ kind, detail, reason }: InboxEntry): string[] {
  const plan = kind === 'plan_approval' ? (detail as { plan?: string } | null)?.plan ?? '' : '';
  return reason.includes(plan) ? [] : ['  The whole plan:', ...plan.split('\n').map((line) => `  ${line}`)];
}

function entryText(entry: InboxEntry, io: Io): string {
  const colors = colorsFor(io);
  const urgency = entry.priority === 'high' ? colors.red(entry.priority) : entry.priority;
  return [
    `${colors.bold(entry.id)}  ${urgency}  since ${entry.openedAt}`,
    `  ${BREAKPOINTS[entry.kind].question}`,
    // A question without a reason of its own carries its sentence as the reason.
    ...(entry.reason === BREAKPOINTS[entry.kind].question ? [] : entry.reason.split('\n').map((line) => `  ${line}`)),
    ...longPlan(entry),
    `  actions: ${entry.actions.map((action) => (entry.noteRequired.includes(action) ? `${action} (with --note)` : action)).join(', ')}`,
    `  ${entry.answerWith.cli}`,
    `  ${entry.answerWith.temporal}`,
  ].join('\n');
}

interface Options {
  answer?: boolean;
  answered?: string | true;
}

function answerText({ id, answer, closedAt, openedAt }: StoredBreakpoint): string {
  if (!answer) return `${id}  opened ${openedAt}, closed without an answer ${closedAt}`;
  const { action, by, via, at, note, refused } = answer;
  return [`${id}  ${action} by ${by ?? 'somebody'} (${via}) at ${at}, opened ${openedAt}`, ...(note ? [`  note: ${note}`] : []), ...(refused ? [`  not carried out: ${refused}`] : [])].join('\n');
}

async function history(call: Call<Options>, project: string | undefined): Promise<void> {
  const breakpoints = await answeredBreakpoints(call.session.db, project === undefined ? {} : { project });
  await call.print({ breakpoints }, () => breakpoints.map(answerText).join('\n') || 'nothing was answered yet');
}

async function form(call: Call<Options>): Promise<number> {
  if (!isInteractive(call.io) || call.json) {
    throw new HoldpointError('bad_input', '--answer needs a terminal', { hint: 'use `holdpoint answer BREAKPOINT ACTION`, or `holdpoint answer --file FILE` for several' });
  }
  const replies = await fillForm(await readInbox(call.session.db), call.io.signal);
  return sendReplies(call, replies);
}

async function inbox(call: Call<Options>): Promise<number | void> {
  const { answered, answer } = call.options;
  if (answered !== undefined) return history(call, answered === true ? undefined : answered);
  if (answer) return form(call);
  const breakpoints = (await readInbox(call.session.db)).map(toEntry);
  const text = (): string => (breakpoints.length === 0 ? 'nothing waits for you' : breakpoints.map((entry) => entryText(entry, call.io)).join('\n\n'));
  await call.print({ breakpoints }, text);
}

export function addInbox(program: Command, frame: Frame): void {
  const command = program.command('inbox').description('every open question, most urgent and oldest first')
    .option('--answer', 'answer them in one form, on a terminal').option('--answered [project]', 'what was answered: who, when, how');
  define<Options>(frame, command, inbox);
}
