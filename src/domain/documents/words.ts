/** Words that several documents use: instants, ids, states, kinds. The lists follow the domain's own unions. */
import * as z from 'zod';
import { BREAKPOINT_KINDS } from '../breakpoints.ts';
import type { AnswerAction, BreakpointKind } from '../breakpoints.ts';
import type { DecisionKind } from '../decision.ts';
import type { CheckOutcome } from '../evidence.ts';
import type { ChangeOp, RunState } from '../host-api.ts';
import { LIVENESS, TASK_STATES, WORK_STATES } from '../states.ts';
import type { TurnOutcomeKind } from '../turn-outcome.ts';

/** An enum that stops compiling when the union of the domain gains a member. */
const anyOf = <T extends string>(members: Record<T, true>) => z.enum(Object.keys(members) as [T, ...T[]]);

export const instant = z.iso.datetime().describe('RFC 3339 in UTC');
export const usd = z.number().min(0).describe('US dollars');
export const count = z.int().min(0);
export const score = z.number().min(0).max(1);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const taskState = z.enum(TASK_STATES);
export const workState = z.enum(WORK_STATES);
export const liveness = z.enum(LIVENESS);
export const breakpointKind = z.enum(BREAKPOINT_KINDS as [BreakpointKind, ...BreakpointKind[]]);
export const priority = z.enum(['high', 'medium', 'low']);

export const answerAction = anyOf<AnswerAction>({
  approve: true, revise: true, retry: true, skip: true, 'skip-review': true, wait: true, extend: true, finish: true, restore: true,
  allow: true, 'allow-always': true, deny: true, answer: true, keep: true, resolved: true, abort: true,
});

export const turnOutcome = anyOf<TurnOutcomeKind>({
  completed: true, limited: true, deferred: true, interrupted: true, lost: true, refused: true, maxTurns: true,
  overBudget: true, failed: true,
});

export const decisionKind = anyOf<DecisionKind>({ proceed: true, retry: true, clarify: true, wait: true, rerun: true, stop: true, breakpoint: true });

export const checkOutcome = anyOf<CheckOutcome>({
  pass: true, newlyFailing: true, stillFailing: true, fixed: true, flaky: true, timeout: true,
  noReport: true, skipped: true,
});

export const changeOp = anyOf<ChangeOp>({ add: true, modify: true, delete: true, rename: true, mode: true, type: true });

export const runState = anyOf<RunState['kind']>({ none: true, new: true, running: true, exited: true, lost: true });
