/** `holdpoint status --json` */
import * as z from 'zod';
import { checkOutcome, count, decisionKind, instant, liveness, runState, score, taskState, turnOutcome, usd, workState } from './words.ts';

const tests = z.object({ passed: count, failed: count, skipped: count, total: count, assertions: count.optional() });

const check = z.object({
  name: z.string(),
  exitCode: z.int().nullable(),
  outcome: checkOutcome,
  tests: tests.nullable().optional().describe('As its report counts them; null without one'),
  changedFiles: count.optional().describe('Files that the check itself changed'),
});

const run = z.object({
  key: z.string(),
  state: runState,
  pid: z.int().nullable(),
  startedAt: instant.nullable(),
  liveness: liveness.nullable().optional().describe('Null before it runs and after it has ended'),
  silentSince: instant.nullable().optional().describe('Of a silent one'),
});

const turn = z.object({
  turn: z.int().min(1).describe('Attempt'),
  outcome: turnOutcome.nullable().describe('Null while it runs'),
  decision: decisionKind.nullable(),
  rule: z.string().nullable().describe('Name of the rule that decided'),
  unproven: z.array(z.string()).optional().describe('What is wrong with the record of what it changed'),
  checks: z.array(check),
  runs: z.array(run),
});

const task = z.object({
  id: z.string(),
  state: taskState,
  dependsOn: z.array(z.string()),
  priority: z.int(),
  quality: score.nullable(),
  confidence: score.nullable(),
  costUsd: usd,
  changedFiles: count,
  turns: z.array(turn),
});

export const restored = z.object({
  checkpoint: z.string(),
  undo: z.string().nullable().describe('Restoring that checkpoint undoes it; null: it was cut off before, or only the worktree of a task went back'),
  worktree: z.string().nullable().describe('Folder of the task that it was about alone; null: the files of the milestone'),
  paths: z.array(z.string()).nullable().describe('Null: everything'),
  by: z.string().nullable(),
  at: instant,
  exact: z.boolean().nullable().describe('Null: it goes on, or was cut off'),
});

const worktree = z.object({
  task: z.string().nullable().describe('Null: all of the milestone works there'),
  path: z.string(),
  branch: z.string(),
  state: z.enum(['open', 'conflicting', 'merging', 'merged', 'halfway', 'kept']).describe('`kept`: it was not brought back, its files are there; `merging`: they are being written into the workspace, or checked there'),
});

const milestone = z.object({
  id: z.string(),
  forkOf: z.string().nullable().optional().describe('The turn that a fork goes on from; null: a milestone of the plan'),
  workflowId: z.string(),
  state: workState,
  waitingFor: z.array(z.string()).describe('Ids of open breakpoints'),
  waitingSince: instant.nullable(),
  sleepingUntil: instant.nullable().optional().describe('It waits for a usage limit and goes on by itself then'),
  reason: z.string().nullable().optional().describe('Why it failed, was cancelled, or waits although nobody is asked; what fails again and again'),
  granted: z.array(z.string()).optional().describe('Permission rules that people allowed for good (allow-always), until the milestone ends'),
  restored: restored.nullable().optional().describe('The latest time that its files were put back'),
  worktrees: z.array(worktree).optional().describe('Folders of the repository that it works in, or that earlier runs of it have left'),
  tasks: z.array(task),
});

const level = z.enum(['turn', 'task', 'milestone', 'project']);

const budget = z.object({
  level,
  milestone: z.string().nullable(),
  task: z.string().nullable(),
  spentUsd: usd,
  limitUsd: usd.describe('Of the plan, with what people granted'),
  isNear: z.boolean().describe('So much is spent that a person should know'),
});

const raised = z.object({
  what: z.enum(['turns', 'usd', 'minutes']),
  level: level.nullable().describe('Of money'),
  milestone: z.string().nullable(),
  task: z.string().nullable().describe('Null: for all tasks'),
  amount: z.number().positive(),
  by: z.string().nullable(),
  at: instant,
});

const project = z.object({
  project: z.string(),
  workflowId: z.string(),
  state: workState,
  workspace: z.object({ host: z.string(), path: z.string(), watch: z.string().nullable().describe('How changes were noticed while a turn ran last, such as `inotify` or `polling (nfs4)`') }),
  reason: z.string().nullable().optional().describe('Why it failed or was cancelled'),
  costUsd: usd,
  budgets: z.array(budget).optional().describe('Limits of money, over all runs of the project'),
  raised: z.array(raised).optional().describe('Limits that people have raised'),
  milestones: z.array(milestone),
});

const usageWindow = z.object({
  host: z.string(),
  account: z.string().describe('Agent and name of its credential'),
  name: z.string().describe('As the agent names it: five_hour, seven_day …'),
  utilization: z.number().min(0).nullable().describe('Share that is spent, 1: all of it'),
  status: z.string().nullable(),
  resetsAt: instant.nullable(),
  seenAt: instant,
}).describe('Usage window of an account, as its agent told last');

export const statusDocument = z.object({ projects: z.array(project), usage: z.array(usageWindow).optional() });
export type StatusDocument = z.infer<typeof statusDocument>;
