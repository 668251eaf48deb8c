/** Restores as workflows, activities and people speak of them. Small: they travel through the history. Package-free. */
import type { ChangeOp } from './host-api.ts';

/** Why a path is not restored that somebody else has written to since the restore began: theirs is in no checkpoint. */
export const WRITTEN_MEANWHILE = 'was changed while it was being restored';

/** Why a folder stays that the checkpoint does not have: it is empty but for what no checkpoint holds. */
export const HOLDS_UNCOVERED = 'holds files that are in no checkpoint';

/** What was done since a checkpoint and no restore undoes, for people. */
export interface Effects {
  /** Some of them where there are very many. */
  effects: string[];
  /** Beyond those. */
  moreEffects: number;
}

/** What a restore would do, as a question or a dry run shows it before anybody says yes. */
export interface RestorePreview extends Effects {
  /** Id of the checkpoint. */
  checkpoint: string;
  /** Where it was taken, for people. */
  taken: string;
  files: number;
}

export interface RestoreRequestCall {
  /** Of the question, or made by who asks; the same request is carried out once. */
  id: string;
  checkpoint: string;
  /** Null: everything. */
  paths: string[] | null;
  dryRun: boolean;
  by?: string;
  /** The effects that were shown, so that none is overlooked that has come since. */
  seen: number;
}

export interface RestoreReport extends RestorePreview {
  /** Some of them where there are very many; `files` counts all. */
  changes: { path: string; op: ChangeOp; from?: string }[];
  /** Checkpoint of what was there: restoring it undoes this. Null: nothing was changed. */
  undo: string | null;
  notRestored: { path: string; reason: string }[];
  /** Beyond those. */
  moreNotRestored: number;
  exact: boolean;
  /** Of the files afterwards. */
  tree: string;
}

const MAX_SHOWN = 3;

/** For the end of a question's text; what is cut there is in its detail. */
export function previewText({ checkpoint, taken, files, effects, moreEffects }: RestorePreview): string {
  const lines = [`restore: ${files} file${files === 1 ? '' : 's'} back to checkpoint ${checkpoint}, ${taken}.`];
  if (effects.length === 0) return lines.join('\n');
  const more = effects.length - MAX_SHOWN + moreEffects;
  lines.push('It does not undo, and needs a note that says you know:', ...effects.slice(0, MAX_SHOWN).map((effect) => `- ${effect.slice(0, 120)}`));
  if (more > 0) lines.push(`- and ${more} more`);
  return lines.join('\n');
}

/** What the agent is told when it works again. */
export const restoredNote = ({ taken }: Pick<RestorePreview, 'taken'>, paths: readonly string[] | null): string =>
  `A person has put ${paths === null ? 'the files' : `these files: ${paths.slice(0, 20).join(', ')}`} back to what they were ${taken}. What was changed after that is not there any more: look at the files as they are now before you rely on anything.`;

/** Of a question that shows a preview. */
export const previewIn = (detail: Record<string, unknown> | undefined): RestorePreview | undefined => detail?.['restore'] as RestorePreview | undefined;
