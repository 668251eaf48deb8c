/** `plan apply`, with --json. */
import * as z from 'zod';

const change = z.object({
  what: z.enum(['milestone', 'task', 'check', 'setting']),
  kind: z.enum(['added', 'edited', 'removed', 'reordered']),
  target: z.string().describe('milestone, milestone/task, the name of a check, or a setting such as policy.gate'),
  fields: z.array(z.string()).describe('What differs; empty unless edited'),
  before: z.string().optional().describe('Of settings that fit on a line'),
  after: z.string().optional(),
});

export const planApplyDocument = z.object({
  project: z.string(),
  from: z.string().describe('Digest of the plan that was followed'),
  to: z.string(),
  applied: z.boolean().describe('False: nothing was changed, because nothing differs or nobody agreed'),
  changes: z.array(change),
});
export type PlanApplyDocument = z.infer<typeof planApplyDocument>;
