/** `policy.breakpoints`: whether, how urgently and for how long a person is asked; what happens by itself meanwhile. */
import * as z from 'zod';
import { isMoreUrgent, whyNotAutomatic } from '../automatic.ts';
import { BREAKPOINT_KINDS, BREAKPOINTS } from '../breakpoints.ts';
import type { AnswerAction, BreakpointKind } from '../breakpoints.ts';
import { duration } from './fields.ts';

const ACTIONS = [
  'approve', 'revise', 'retry', 'skip', 'skip-review', 'abort', 'wait', 'extend', 'finish', 'allow', 'allow-always', 'deny', 'answer',
  'keep', 'resolved', 'restore',
] as const satisfies readonly AnswerAction[];

const MONTH_MS = 30 * 86_400_000;
const waiting = () => duration(1000, MONTH_MS);
const priority = z.enum(['high', 'medium', 'low']);

const fields = z.strictObject({
  enabled: z.boolean().default(true),
  priority: priority.optional(),
  after: waiting().optional().describe('The question answers itself with `then` when it has been open for this long'),
  then: z.enum(ACTIONS).optional().describe('Never an approval of something dangerous, or of a required check that fails'),
  remind: waiting().optional().describe('First reminder; each later one comes after twice as long, up to a day'),
  escalate: z.strictObject({ after: waiting(), priority: priority.default('high') }).optional()
    .describe('The priority is raised, once, when nobody has answered for this long'),
});

type Given = z.infer<typeof fields>;

interface Wrong {
  path: string[];
  message: string;
}

function automaticMistake(kind: BreakpointKind, { after, then }: Given): Wrong | undefined {
  if (then === undefined) return after === undefined ? undefined : { path: ['after'], message: 'says when but not what: name an answer with "then"' };
  const message = whyNotAutomatic(kind, then) ?? (after === undefined ? 'says what but not when: name a length of time with "after"' : undefined);
  return message === undefined ? undefined : { path: ['then'], message };
}

function escalationMistake(kind: BreakpointKind, { priority: begins = BREAKPOINTS[kind].priority, escalate }: Given): Wrong | undefined {
  if (!escalate || isMoreUrgent(escalate.priority, begins)) return undefined;
  return { path: ['escalate'], message: `raises nothing: ${kind} begins with priority ${begins}; give it a lower "priority", or leave "escalate" out` };
}

const entryOf = (kind: BreakpointKind) => fields.check(({ value, issues }) => {
  const wrong = [automaticMistake(kind, value), escalationMistake(kind, value)];
  for (const one of wrong) if (one) issues.push({ code: 'custom', ...one, input: value });
});

const shape = Object.fromEntries(BREAKPOINT_KINDS.map((kind) => [kind, entryOf(kind).optional()])) as
  Record<BreakpointKind, z.ZodOptional<typeof fields>>;

export const breakpoints = z.strictObject(shape).default({});
