/** The exact lines that answer a question with its first action, for the inbox and the page in the Web UI. Package-free. */
import type { AnswerAction } from './breakpoints.ts';

export interface AnswerCommands {
  cli: string;
  temporal: string;
}

export interface Answerable {
  id: string;
  workflowId: string;
  actions: readonly AnswerAction[];
  noteRequired: readonly AnswerAction[];
}

/** A single quote would end the shell's word. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const firstAction = ({ actions }: Answerable): AnswerAction => actions[0] ?? 'approve';

/** The data of the signal `answer`. */
export function answerPayload(question: Answerable): { breakpoint: string; action: AnswerAction; note?: string } {
  const action = firstAction(question);
  return { breakpoint: question.id, action, ...(question.noteRequired.includes(action) && { note: '…' }) };
}

export function answerCommands(question: Answerable): AnswerCommands {
  const { id, workflowId, noteRequired } = question;
  const action = firstAction(question);
  return {
    cli: `holdpoint answer ${id} ${action}${noteRequired.includes(action) ? ' --note "…"' : ''}`,
    temporal: `temporal workflow signal --workflow-id ${workflowId} --name answer --input ${shellQuoted(JSON.stringify(answerPayload(question)))}`,
  };
}
