/** `restore`, with --json. */
import * as z from 'zod';

export const restoreDocument = z.object({
  project: z.string(),
  milestone: z.string(),
  checkpoint: z.string(),
  taken: z.string().describe('Where and when the checkpoint was taken, for people'),
  dryRun: z.boolean(),
  restored: z.boolean().describe('False: nothing was changed, by --dry-run or because nobody agreed'),
  files: z.int().describe('What differed from the checkpoint, of what was asked for'),
  changes: z.array(z.object({ op: z.string(), path: z.string(), from: z.string().optional() })).describe('From what was there to the checkpoint; the first 200'),
  effects: z.array(z.string()).describe('Done since the checkpoint, and undone by no restore; the first 20'),
  moreEffects: z.int(),
  undo: z.string().nullable().describe('Checkpoint of what was there: restoring it undoes this'),
  exact: z.boolean(),
  notRestored: z.array(z.object({ path: z.string(), reason: z.string() })).describe('The first 50'),
  moreNotRestored: z.int(),
});
export type RestoreDocument = z.infer<typeof restoreDocument>;
