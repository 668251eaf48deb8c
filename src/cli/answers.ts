/** Several answers at once: from a form on a terminal or from a file, each with a result of its own. */
import { userInfo } from 'node:os';
import { log, select, text } from '@clack/prompts';
import type { Question } from '../db/breakpoints.ts';
import { BREAKPOINTS, type AnswerAction } from '../domain/breakpoints.ts';
import { exitCodeOf, HoldpointError } from '../domain/failure-kind.ts';
import { answerFile, type AnswerFile } from '../domain/documents/breakpoints.ts';
import { answerBreakpoint } from '../temporal/client.ts';
import type { Call } from './command.ts';
import { errorDocument, EXIT } from './exit.ts';
import { given } from './given.ts';

/** `tree`: the one that was shown. */
export type Reply = AnswerFile[number];

type Result = { breakpoint: string; action: string; accepted: boolean; by: string; via: 'update'; at: string; error?: unknown };

const SKIP = 'skip-question';

async function askOne({ id, kind, priority, reason, actions, noteRequired, tree }: Question, signal: AbortSignal): Promise<Reply | null> {
  log.message(`${id}  ${priority}\n${reason}`);
  const options: { value: string; label: string }[] = [...actions.map((value) => ({ value, label: value })), { value: SKIP, label: 'leave it open' }];
  const action = given<string>(await select<string>({ signal, message: BREAKPOINTS[kind].question, options }));
  if (action === SKIP) return null;
  const isNeeded = noteRequired.includes(action as AnswerAction);
  const note = given<string>(await text({
    signal, message: isNeeded ? 'What should change?' : 'A note for the next prompt (may stay empty)',
    validate: (typed) => (isNeeded && !typed?.trim() ? 'this answer needs a note' : undefined),
  }));
  return { breakpoint: id, action, ...(note?.trim() && { note: note.trim() }), ...(tree !== null && { tree }) };
}

/** One form over all of them, most urgent first; nothing is sent before its end. */
export async function fillForm(questions: readonly Question[], signal: AbortSignal): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const question of questions) {
    const reply = await askOne(question, signal);
    if (reply) replies.push(reply);
  }
  return replies;
}

/** `[{"breakpoint", "action", "note"?, "tree"?}, …]`. Throws `bad_input` before anything is sent. */
export function readReplies(json: string, file: string): Reply[] {
  const wrong = (message: string): HoldpointError =>
    new HoldpointError('bad_input', message, { where: { file }, hint: 'write [{"breakpoint": "…", "action": "…", "note": "…"}]' });
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw wrong(`it is not JSON: ${(error as Error).message}`);
  }
  const read = answerFile.safeParse(parsed);
  if (read.success) return read.data;
  const [place] = read.error.issues[0]?.path ?? [];
  throw wrong(typeof place === 'number' ? `answer ${place + 1} needs "breakpoint" and "action", both text` : 'it is not a list of answers');
}

async function sendOne(call: Call<unknown>, reply: Reply, by: string): Promise<{ result: Result; code: number }> {
  const base = { breakpoint: reply.breakpoint, action: reply.action, by, via: 'update' as const };
  try {
    await answerBreakpoint(await call.session.temporal(), { ...reply, action: reply.action as AnswerAction, by, via: 'cli' });
    return { result: { ...base, accepted: true, at: new Date().toISOString() }, code: EXIT.done };
  } catch (error) {
    if (!(error instanceof HoldpointError)) throw error;
    const { error: told } = errorDocument(error) as { error: unknown };
    return { result: { ...base, accepted: false, at: new Date().toISOString(), error: told }, code: exitCodeOf(error.kind) };
  }
}

const lineOf = ({ breakpoint, action, accepted, error }: Result): string =>
  `${breakpoint}: ${action}, ${accepted ? 'accepted' : `refused: ${(error as { message: string }).message}`}`;

/** Sends them one after the other and says what became of each. The exit code is that of the first that was refused. */
export async function sendReplies(call: Call<unknown>, replies: readonly Reply[], by: string = userInfo().username): Promise<number> {
  const sent: { result: Result; code: number }[] = [];
  for (const reply of replies) sent.push(await sendOne(call, reply, by));
  await call.print({ answers: sent.map(({ result }) => result) }, () => sent.map(({ result }) => lineOf(result)).join('\n') || 'nothing was answered');
  return sent.find(({ code }) => code !== EXIT.done)?.code ?? EXIT.done;
}
