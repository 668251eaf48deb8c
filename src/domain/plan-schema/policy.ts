/** The part `policy` of the plan file: what may be done, what is good enough, when a person is asked. */
import * as z from 'zod';
import { ruleMistake } from '../gate/rule.ts';
import { formatDuration } from '../duration.ts';
import { DEFAULT_ASK_AFTER, DEFAULT_START_BELOW } from '../plan.ts';
import { RETRY_DEFAULTS } from '../waits.ts';
import { WATCHDOG_DEFAULTS } from '../watchdog.ts';
import { thresholds } from './rules.ts';
import { breakpoints } from './breakpoints.ts';
import { evidence, locked } from './evidence.ts';
import { duration, real, size, whole } from './fields.ts';
import { time } from './limits.ts';

const rule = z.string().max(2000).check((context) => {
  const mistake = ruleMistake(context.value) ?? (context.value.endsWith('()') ? `"${context.value}": the pattern is empty` : undefined);
  if (mistake !== undefined) context.issues.push({ code: 'custom', message: mistake, input: context.value });
}).describe('`Tool` or `Tool(pattern)`, such as Edit(src/**) or Bash(npm test*)');

const permissions = z.strictObject({
  allow: z.array(rule).default([]).describe('What the agent may do without asking; reading the workspace is always allowed'),
  ask: z.array(rule).default([]).describe('A person is asked: the agent stops in the middle of the call and goes on with the answer'),
  deny: z.array(rule).default([]).describe('Stronger than allow and ask'),
  unreadable: z.enum(['ask', 'deny']).optional()
    .describe('Commands whose effect cannot be told from their text. Default: ask where `ask` has a rule for Bash, else deny'),
  destructive: z.enum(['ask', 'deny', 'allow']).default('ask')
    .describe('Commands that cannot be taken back (rm -r, git push --force, drop table …), unless a rule without a wildcard allows them to the letter'),
});

const glob = z.string().min(1).max(1000).refine((value) => !value.startsWith('!'), 'says what is left out, not what is not: name that under "include"')
  .refine((value) => !value.split('/').includes('..'), 'must stay in the workspace: ".." is not allowed');

const included = glob.refine((value) => !value.replace(/\/\*\*$/, '').includes('**'), '"**" may only stand at the end, after a folder: name the folders on the way, * for any one of them');

const MOST_PAUSE_MS = 2000;
const LEAST_PAUSE_MS = 50;

const pause = z.string().regex(/^\d{1,4}ms$|^\d{1,2}s$/, 'must be a length of time such as 300ms or 2s')
  .refine((value) => parsePause(value) >= LEAST_PAUSE_MS && parsePause(value) <= MOST_PAUSE_MS, `must be between ${LEAST_PAUSE_MS}ms and 2s`);

/** Milliseconds of `300ms` or `2s`. */
export const parsePause = (value: string): number => Number(/^\d+/.exec(value)?.[0] ?? Number.NaN) * (value.endsWith('ms') ? 1 : 1000);

/** What checkpoints leave out where a plan does not say. */
export const DEFAULT_EXCLUDE = ['**/node_modules/**'];

const snapshot = z.strictObject({
  exclude: z.array(glob).max(200).default(DEFAULT_EXCLUDE).describe('Globs that checkpoints leave out; one that matches a folder leaves out all of it'),
  include: z.array(included).max(200).default([]).describe('Globs of what is covered although `exclude` names it, such as node_modules/ours/**'),
  debounce: pause.default('100ms').describe('A burst of changes is shown while a turn runs when it has been quiet for this long, and after two seconds anyway'),
  maxFileSize: size().default('20MB').describe('Larger files are left out, and said so'),
});

const review = z.strictObject({
  majority: whole(1, 9).optional().describe('How many of the reviewers must agree; more than half when absent'),
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

const retry = z.strictObject({
  first: duration(0).default(formatDuration(RETRY_DEFAULTS.firstMs)).describe('Before the second attempt; `0s`: at once'),
  factor: real(1, 10).default(RETRY_DEFAULTS.factor).describe('By which each further wait grows'),
  jitter: real(0, 1).default(RETRY_DEFAULTS.jitter).describe('Share of the wait that the dice may take off'),
  max: duration(0).default(formatDuration(RETRY_DEFAULTS.maxMs)).describe('No wait is longer'),
}).describe('How long the next attempt waits when the agent or the model behind it failed; after failing checks it begins at once');

export const policy = z.strictObject({
  gate: real(0, 1).default(0.7).describe('Quality at which a turn is accepted'),
  permissions: permissions.prefault({}),
  breakpoints,
  withoutReviewer: z.enum(['ask', 'evidence']).default('ask')
    .describe('When the reviewer cannot judge: ask a person, or go on by the checks alone'),
  review: review.prefault({}),
  hostPatience: duration().default('10m').describe('How long the host may stay away before a person is asked'),
  watchdog: watchdog.prefault({}),
  snapshot: snapshot.prefault({}),
  usage: usage.prefault({}),
  overload: overload.prefault({}),
  thresholds: thresholds.optional(),
  retry: retry.prefault({}),
  unexpectedChange: z.enum(['ask', 'note']).optional()
    .describe('When files change that no tool call of the agent accounts for: ask a person, or only note it. Default: note, unless `breakpoints` names unexpected_change'),
  locked,
  evidence: evidence.prefault({}),
  time: time.optional(),
  enlargedRetry: z.boolean().default(true)
    .describe('A run that reaches its limit of turns goes on once with twice as many before you are asked'),
});
