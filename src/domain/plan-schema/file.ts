/**
 * The plan file as a user writes it: one zod schema, which is also the published JSON Schema. What it cannot say (references,
 * cycles, files beside the plan) is checked in references.ts and files.ts; to-plan.ts turns the result into a `Plan`.
 */
import * as z from 'zod';
import { REPORT_FORMATS } from '../evidence.ts';
import { auth, mcp } from './agent-access.ts';
import { globs } from './evidence.ts';
import { duration, id, text, whole } from './fields.ts';
import { isolation, isolationOf } from './isolation.ts';
import { budget, taskLimits } from './limits.ts';
import { policy } from './policy.ts';
import { rules } from './rules.ts';

export const DEFAULT_REVIEWER_MODEL = 'qwen2.5-coder:7b';

/** First characters: an alias that begins with `-` would be an option of ssh. */
const HOST = /^[A-Za-z0-9_][A-Za-z0-9._@-]{0,254}$/;

const workspace = z.strictObject({
  host: z.string().regex(HOST, 'must be local, or an alias of ~/.ssh/config').describe('`local`, or an alias of your ~/.ssh/config'),
  path: text(4096).describe('Folder of the code on that host: absolute, or relative to this file when the host is `local`'),
});

const agent = z.strictObject({
  name: text(200).default('claude-code').describe('Who does the work'),
  model: text(200).optional().describe("The agent's own default when absent"),
  auth: auth.default('login'),
  maxTurns: whole(1, 500).default(30).describe('Turns of the model within one run, for tasks that say neither kind nor size'),
  attempts: whole(1, 20).default(3).describe('Attempts at a task before a person is asked'),
  budgetUsd: z.number().positive('must be more than 0').max(100_000, 'must be at most 100000').optional()
    .describe('US dollars for one attempt'),
  instructions: text(1024).optional().describe("File beside this one, given to the agent in place of the repository's CLAUDE.md"),
  mcp: mcp.default([]),
  timeout: duration().default('30m').describe('Longest time of one run'),
});

const reviewer = z.strictObject({
  name: text(200).optional().describe('Who reviews: `ollama` unless the service says otherwise'),
  model: text(200).optional().describe(`Model of the reviewer: \`${DEFAULT_REVIEWER_MODEL}\` unless the service says otherwise`),
  deadline: duration().optional().describe('Longest time of one review'),
});

const reviewers = z.array(reviewer).min(2, 'needs two or more; for one there is `reviewer`').max(9, 'at most 9');

/** Below the workspace: what is elsewhere is neither the agent's work nor in the evidence's tree. */
const inWorkspace = () => text(500).refine(
  (path) => !path.startsWith('/') && !path.startsWith('~') && !path.startsWith('!') && !path.split('/').includes('..') && !/[\\\0\n]/.test(path),
  'must be a path or a glob relative to the workspace, without ..',
);

const report = z.strictObject({
  format: z.enum(REPORT_FORMATS).describe('What the tests write: JUnit XML, TAP, the JSON of jest or vitest, what pytest prints, or go test -json'),
  path: inWorkspace().optional().describe('File or glob in the workspace that this check writes; its standard output when absent'),
});

const check = z.strictObject({
  name: id(),
  run: text(4000).describe('Command line, run by a shell in the workspace'),
  timeout: duration().default('10m'),
  required: z.boolean().default(true).describe('When it fails, the task is not done'),
  expect: z.enum(['pass', 'noNewFailures']).default('pass').describe('`noNewFailures`: may fail as it did before the milestone'),
  measures: z.enum(['syntax', 'tests']).default('tests').describe('`syntax` for build, lint and types'),
  tasks: z.array(id()).min(1).optional().describe('Tasks it holds for; all when absent'),
  report: report.optional().describe('Where its tests say what they did: counts, and names of those that fail. Without it the exit code is all there is'),
  paths: z.array(inWorkspace()).min(1).max(100).optional().describe('Globs relative to the workspace: skipped when it passed and nothing in them has changed since'),
  parallel: z.boolean().optional().describe('May run side by side with other checks that say so: it writes no file that they read'),
});

const task = z.strictObject({
  id: id(),
  title: text(200).optional(),
  instructions: text(50_000).describe('What the agent is told'),
  acceptance: z.array(text(2000)).max(100).default([]).describe('What must be true at the end; the reviewer judges each'),
  dependsOn: z.array(id()).default([]).describe('Tasks of the same milestone that must be done before'),
  priority: whole(1, 10).default(5).describe('10 runs first'),
  plan: z.boolean().default(false).describe('The agent makes a plan first and a person accepts it'),
  deadline: z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-12-01T18:00:00Z' }).optional()
    .describe('With a time zone; within its last hour the task moves forward'),
  design: z.boolean().optional().describe('A person looks at its result, however good it is'),
  mayChange: globs().optional().describe('Locked paths, tests and test configuration that are this task\'s to change: nothing about them is asked'),
  isolation: isolationOf('task'),
  ...taskLimits,
});

const milestone = z.strictObject({
  id: id(),
  title: text(200).optional(),
  dependsOn: z.array(id()).optional().describe('Milestones that must be completed before; the one above when absent'),
  isolation: isolationOf('milestone'),
  tasks: z.array(task).min(1, 'needs at least one task'),
});

export const planFile = z.strictObject({
  project: id().describe('Name of the project'),
  workspace,
  agent: agent.prefault({}),
  reviewer: reviewer.prefault({}),
  reviewers: reviewers.optional().describe('Several in place of `reviewer`: a score is the greatest that a majority gives at least'),
  checks: z.array(check).default([]).describe('Commands that Holdpoint runs itself after each turn: evidence'),
  policy: policy.prefault({}),
  rules: rules.default([]),
  prompts: text(1024).optional().describe('Folder beside this file with prompt templates of your own, such as review.liquid'),
  budget: budget.optional(),
  isolation: isolation.optional().describe('How worktrees are made, those of forks too'),
  milestones: z.array(milestone).min(1, 'needs at least one milestone'),
}).describe('A plan for Holdpoint');

export type PlanFile = z.infer<typeof planFile>;
