/** The parts of the plan file about worktrees: who works in one of its own, and how it is made ready. */
import * as z from 'zod';
import { parseDuration } from '../duration.ts';
import { DEFAULT_LINK, type IsolationPlan } from '../isolation.ts';
import type { Mistake } from '../yaml-source.ts';
import { globs } from './evidence.ts';
import { duration, text } from './fields.ts';
import { entries, field } from './raw.ts';

/** Key of a milestone and of a task. */
export const isolationOf = (noun: string) => z.enum(['none', 'worktree']).optional()
  .describe(`\`worktree\`: the ${noun} works in a git worktree and branch of its own; its result is merged back and checked there`);

export const isolation = z.strictObject({
  folder: text(4096).refine((path) => path.startsWith('/'), 'must be an absolute path').optional()
    .describe('Folder on the host for worktrees; the one that holds the workspace when absent'),
  link: globs().optional().describe('What checkpoints leave out and a worktree finds all the same, as links to that of the workspace: `**/node_modules`, or nothing where there is a setup'),
  setup: text(4000).optional().describe('Command line that makes a new worktree ready, such as `npm ci`; run there by a shell'),
  setupTimeout: duration().default('10m').describe('Longest time of `setup`'),
});

/** What a setup installs must never reach the workspace through a link. */
export function toIsolation({ folder, link, setup, setupTimeout }: z.infer<typeof isolation>): IsolationPlan {
  return { link: link ?? (setup === undefined ? DEFAULT_LINK : []), ...(folder !== undefined && { folder }), ...(setup !== undefined && { setup: { run: setup, timeoutMs: parseDuration(setupTimeout) ?? Number.NaN } }) };
}

/** A task comes back to where its milestone works: that must be the workspace. */
export function isolationMistakes(raw: unknown): Mistake[] {
  return entries(field(raw, 'milestones')).flatMap(([milestone, m]) => {
    if (field(milestone, 'isolation') !== 'worktree') return [];
    return entries(field(milestone, 'tasks')).flatMap(([task, t]) => (field(task, 'isolation') === 'worktree' ? [{
      path: ['milestones', m, 'tasks', t, 'isolation'], message: 'its milestone works in a worktree already', suggestion: 'isolate the milestone or its tasks, not both',
    }] : []));
  });
}
