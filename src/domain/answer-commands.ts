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

export function answerCommands({ id, workflowId, actions, noteRequired }: Answerable): AnswerCommands {
  const action = actions[0] ?? 'approve';
  const note = noteRequired.includes(action);
  const payload = JSON.stringify({ breakpoint: id, action, ...(note && { note: '…' }) });
  return {
    cli: `holdpoint answer ${id} ${action}${note ? ' --note "…"' : ''}`,
    temporal: `temporal workflow signal --workflow-id ${workflowId} --name answer --input ${shellQuoted(payload)}`,
  };
}
