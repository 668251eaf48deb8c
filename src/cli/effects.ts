/** What was done since a checkpoint and no restore undoes: shown before somebody goes back there, and asked about. */
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Effects } from '../domain/restore.ts';
import { isAgreed, type AgreeOptions } from './agreed.ts';
import type { Call } from './command.ts';

export const effectsText = ({ effects, moreEffects }: Effects): string[] => (effects.length === 0 ? [] : [
  'No restore undoes what was done since the checkpoint:', ...effects.map((effect) => `  ${effect}`), ...(moreEffects > 0 ? [`  … and ${moreEffects} more`] : []),
]);

/** Without a terminal only --yes says that the list was seen. `what`: how the command goes on, as in "Restore the files". */
export async function effectsAgreed(call: Call<AgreeOptions>, seen: Effects, what: string): Promise<boolean> {
  if (seen.effects.length === 0) return true;
  const named = [...seen.effects, ...(seen.moreEffects > 0 ? [`and ${seen.moreEffects} more`] : [])].join('; ');
  return isAgreed(call, {
    text: effectsText(seen).join('\n'), question: `${what} all the same?`,
    unasked: () => new HoldpointError('policy', `since the checkpoint things were done that no restore undoes: ${named}`, { hint: `${what.toLowerCase()} all the same with --yes` }),
  });
}
