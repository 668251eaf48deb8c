/** `holdpoint status --json` */
import * as z from 'zod';
import { checkOutcome, count, decisionKind, instant, liveness, runState, score, taskState, turnOutcome, usd, workState } from './words.ts';

const check = z.object({ name: z.string(), exitCode: z.int().nullable(), outcome: checkOutcome });

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

const milestone = z.object({
  id: z.string(),
  workflowId: z.string(),
  state: workState,
  waitingFor: z.array(z.string()).describe('Ids of open breakpoints'),
  waitingSince: instant.nullable(),
  sleepingUntil: instant.nullable().optional().describe('It waits for a usage limit and goes on by itself then'),
  reason: z.string().nullable().optional().describe('Why it failed, was cancelled, or waits although nobody is asked; what fails again and again'),
  tasks: z.array(task),
});

const project = z.object({
  project: z.string(),
  workflowId: z.string(),
  state: workState,
  workspace: z.object({ host: z.string(), path: z.string() }),
  reason: z.string().nullable().optional().describe('Why it failed or was cancelled'),
  costUsd: usd,
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
