/** The part `policy` of the plan file: what may be done, what is good enough, when a person is asked. */
import * as z from 'zod';
import { BREAKPOINT_KINDS } from '../breakpoints.ts';
import { ruleMistake } from '../gate/rule.ts';
import { formatDuration } from '../duration.ts';
import { DEFAULT_ASK_AFTER, DEFAULT_START_BELOW } from '../plan.ts';
import { WATCHDOG_DEFAULTS } from '../watchdog.ts';
import { duration, real, size, whole } from './fields.ts';

/** Kinds of the design that nothing raises yet: accepted, so that a plan need not change, with a warning. */
export const LATER_KINDS = [
  'architecture_decision', 'conflicting_solutions', 'time_threshold_exceeded', 'destructive_operation',
  'permission_request', 'agent_question', 'budget_exceeded', 'plan_approval', 'unexpected_change', 'merge_conflict',
  'evidence_weakened',
] as const;

const ACTIONS = [
  'approve', 'revise', 'retry', 'skip', 'skip-review', 'abort', 'wait', 'extend', 'finish', 'restore', 'allow', 'allow-always', 'deny',
  'keep', 'resolved',
] as const;

const breakpoint = z.strictObject({
  enabled: z.boolean().default(true),
  priority: z.enum(['high', 'medium', 'low']).optional(),
  after: duration(1000, 30 * 86_400_000).optional().describe('No effect yet'),
  then: z.enum(ACTIONS).optional().describe('No effect yet'),
});

type BreakpointName = (typeof BREAKPOINT_KINDS)[number] | (typeof LATER_KINDS)[number];

const breakpointShape = Object.fromEntries([...BREAKPOINT_KINDS, ...LATER_KINDS].map((kind) => [kind, breakpoint.optional()])) as
  Record<BreakpointName, z.ZodOptional<typeof breakpoint>>;

const rule = z.string().max(2000).check((context) => {
  const mistake = ruleMistake(context.value) ?? (context.value.endsWith('()') ? `"${context.value}": the pattern is empty` : undefined);
  if (mistake !== undefined) context.issues.push({ code: 'custom', message: mistake, input: context.value });
}).describe('`Tool` or `Tool(pattern)`, such as Edit(src/**) or Bash(npm test*)');

const permissions = z.strictObject({
  allow: z.array(rule).default([]).describe('What the agent may do without asking; reading the workspace is always allowed'),
  ask: z.array(rule).default([]).describe('Until Holdpoint can ask in the middle of a turn: denied, and the agent is told so'),
  deny: z.array(rule).default([]).describe('Stronger than allow and ask'),
});

const snapshot = z.strictObject({
  exclude: z.array(z.string().min(1).max(1000)).default(['**/node_modules/**']).describe('Globs that checkpoints leave out'),
  maxFileSize: size().default('20MB').describe('Larger files are left out, and said so'),
});

const usage = z.strictObject({
  startBelow: z.union([real(0, 1), z.literal('off')]).default(DEFAULT_START_BELOW)
    .describe("A turn is not begun while this share of the account's usage window is spent: it waits for the reset, and a person may begin it earlier"),
});

const overload = z.strictObject({
  askAfter: whole(1, 1000).default(DEFAULT_ASK_AFTER).describe('Waits in a row for an overloaded API (1, 2, 4 … 30 minutes) after which a person is asked'),
});

const waiting = (ms: number) => duration().default(formatDuration(ms));

const watchdog = z.strictObject({
  silentAfter: waiting(WATCHDOG_DEFAULTS.silentAfterMs).describe('No word from a living agent for this long while no tool runs'),
  silentInToolAfter: waiting(WATCHDOG_DEFAULTS.silentInToolAfterMs).describe('The same while a tool runs, of which the agent gives a sign every 30 s'),
  sameCalls: whole(3, 1000).default(WATCHDOG_DEFAULTS.sameCalls).describe('The same tool calls this often with nothing else between'),
  exitAfter: waiting(WATCHDOG_DEFAULTS.exitAfterMs).describe('An agent that has said its last word and does not end is ended after this long'),
}).describe('When a running agent is said to have stalled');

export const policy = z.strictObject({
  gate: real(0, 1).default(0.7).describe('Quality at which a turn is accepted'),
  permissions: permissions.prefault({}),
  breakpoints: z.strictObject(breakpointShape).default({}),
  withoutReviewer: z.enum(['ask', 'evidence']).default('ask')
    .describe('When the reviewer cannot judge: ask a person, or go on by the checks alone'),
  hostPatience: duration().default('10m').describe('How long the host may stay away before a person is asked'),
  watchdog: watchdog.prefault({}),
  snapshot: snapshot.prefault({}),
  usage: usage.prefault({}),
  overload: overload.prefault({}),
});
