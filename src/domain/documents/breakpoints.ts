/** `holdpoint inbox --json` and `holdpoint answer --json` */
import * as z from 'zod';
import { answerAction, breakpointKind, instant, priority } from './words.ts';

const openBreakpoint = z.object({
  id: z.string(),
  workflowId: z.string(),
  kind: breakpointKind,
  occurrence: z.int().min(1),
  priority,
  project: z.string(),
  milestone: z.string(),
  task: z.string().nullable(),
  turn: z.int().min(1).nullable(),
  openedAt: instant,
  reason: z.string(),
  actions: z.array(answerAction),
  noteRequired: z.array(answerAction).describe('Actions that mean nothing without a note'),
  tree: z.string().nullable().describe('Files an approval would approve'),
  detail: z.unknown().describe('What the question is about; its shape depends on the kind'),
  answerWith: z.object({ cli: z.string(), temporal: z.string() }).describe('Command lines that answer'),
});

export const inboxDocument = z.object({ breakpoints: z.array(openBreakpoint) });
export type InboxDocument = z.infer<typeof inboxDocument>;

export const answerDocument = z.object({
  breakpoint: z.string(),
  action: answerAction,
  accepted: z.literal(true),
  by: z.string().nullable().describe('As the caller says; advisory'),
  via: z.literal('update'),
  at: instant,
});
export type AnswerDocument = z.infer<typeof answerDocument>;
