/** What a person gave at a prompt. */
import { isCancel } from '@clack/prompts';
import { EXIT, Exit } from './exit.ts';

/** Ctrl-C at a prompt comes as a key, not as a signal: the command ends as interrupted, and nothing of it is done. */
export function given<T>(value: T | symbol): T {
  if (isCancel(value)) throw new Exit(EXIT.interrupted);
  return value as T;
}
