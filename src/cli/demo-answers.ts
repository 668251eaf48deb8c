/** Who answers the demo's questions: the person at the terminal, else the demo itself, which says so. */
import { userInfo } from 'node:os';
import { isCancel, log, select, text } from '@clack/prompts';
import type { Question } from '../db/breakpoints.ts';
import type { Reply, Stage } from '../demo/play.ts';
import { BREAKPOINTS, type AnswerAction } from '../domain/breakpoints.ts';
import type { Call } from './command.ts';
import { EXIT, Exit } from './exit.ts';
import { isInteractive } from './io.ts';

/** Ctrl-C at a prompt comes as a key, not as a signal. */
const stopped = (): never => {
  throw new Exit(EXIT.interrupted);
};

async function askPerson(question: Question, signal: AbortSignal): Promise<Reply> {
  const { id, kind, reason, actions, noteRequired } = question;
  log.message(`${id}\n${reason}`);
  const action = await select<AnswerAction>({ signal, message: BREAKPOINTS[kind].question, options: actions.map((value) => ({ value, label: value })) });
  if (isCancel(action)) return stopped();
  const required = noteRequired.includes(action);
  const note = await text({
    signal,
    message: required ? 'What should change?' : 'A note for the next prompt (may stay empty)',
    validate: (given) => (required && !given?.trim() ? 'this answer needs a note' : undefined),
  });
  if (isCancel(note)) return stopped();
  return { action, by: userInfo().username, ...(note && { note }) };
}

/** Approves the milestones; anything else is not part of the script and ends the demo. */
function answerItself({ kind, reason }: Question): Reply {
  return kind === 'milestone_completion' ? { action: 'approve', by: 'demo' } : { action: 'abort', by: 'demo', note: `not part of the demo's script: ${reason}`.slice(0, 500) };
}

export function answerFor({ io, json, say }: Call<unknown>): Stage['answer'] {
  if (isInteractive(io) && !json) return askPerson;
  return async (question) => {
    await say(`${question.id} is open; there is no terminal, so the demo answers it itself`);
    return answerItself(question);
  };
}
