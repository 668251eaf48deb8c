/** A restore in one line, as `status` and `decisions` show it. */
import type { LatestRestore, RestoreRow } from '../db/restores.ts';

const HOW = new Map([[true, 'exactly'], [false, 'not exactly'], [null, 'and has not ended']]);

type Shown = LatestRestore & Partial<Pick<RestoreRow, 'taken' | 'question'>>;

export function restoredText({ checkpoint, taken, paths, by, at, question = null, exact, undo, worktree }: Shown): string {
  const goal = `checkpoint ${checkpoint}${taken === undefined ? '' : ` (${taken})`}`;
  const who = `by ${by ?? 'somebody'}${question === null ? '' : ` in answer to ${question}`}`;
  const where = worktree === null ? '' : ` in ${worktree}`;
  return `files${where}${paths === null ? '' : ` below ${paths.join(', ')}`} restored to ${goal} ${who} at ${at}, ${HOW.get(exact) ?? ''}${undo === null ? '' : `; undo: holdpoint restore ${undo}`}`;
}
