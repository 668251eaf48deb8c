/** Whether a person agrees to what is about to be done. */
import { confirm } from '@clack/prompts';
import type { HoldpointError } from '../domain/failure-kind.ts';
import type { Call } from './command.ts';
import { given } from './given.ts';
import { isInteractive } from './io.ts';

export interface AgreeOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export interface Agreeing {
  /** What would be done. */
  text: string;
  question: string;
  /** Thrown where nobody can be asked: it says what to add to the command. */
  unasked: () => HoldpointError;
}

/** Refuses to guess where nobody can be asked; Ctrl-C at the question ends the command as interrupted. */
export async function isAgreed({ io, json, options, say }: Pick<Call<AgreeOptions>, 'io' | 'json' | 'options' | 'say'>, { text, question, unasked }: Agreeing): Promise<boolean> {
  if (options.dryRun) return false;
  if (options.yes) return true;
  if (json || !isInteractive(io)) throw unasked();
  await say(text);
  return given<boolean>(await confirm({ message: question, initialValue: false }));
}
