/** `fork --json` and `transcript --json`; `fork --bring-back` prints that of `restore` */
import * as z from 'zod';

export const forkDocument = z.object({
  target: z.string().describe('The fork, as other commands take it'),
  from: z.string().describe('Turn at whose end it begins'),
  workflowId: z.string(),
  host: z.string(),
  path: z.string().describe('Its worktree'),
  branch: z.string(),
  tree: z.string().describe('The files it begins with'),
  effects: z.array(z.string()).describe('Done since that point, and still there for the fork to find: pushes, publications, what was sent; the first 20'),
  moreEffects: z.int().describe('Beyond those'),
  session: z.boolean().describe("It goes on in the agent's conversation of that point; false: that was not kept, it begins a new one"),
});
export type ForkDocument = z.infer<typeof forkDocument>;

export const transcriptDocument = z.object({
  turn: z.string(),
  session: z.string().describe('Id by which the agent knows it'),
  sha256: z.string().describe('Of the text'),
  hidden: z.boolean().describe('Something is hidden: the file on the host has other bytes'),
  text: z.string().describe("JSON lines, in the agent's own form"),
});
export type TranscriptDocument = z.infer<typeof transcriptDocument>;
