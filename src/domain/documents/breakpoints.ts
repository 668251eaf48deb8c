/** What `inbox`, `answer` and `extend` print with `--json`, and the file of answers that people write. */
import * as z from 'zod';
import { answerAction, breakpointKind, instant, priority } from './words.ts';

const question = {
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
  automatic: z.object({ at: instant, action: answerAction }).nullable().describe('By the policy of the plan: it answers itself then'),
  reminders: z.int().min(0),
  remindedAt: instant.nullable(),
  escalatedAt: instant.nullable().describe('Its priority was raised then, because nobody had answered'),
  detail: z.unknown().describe('What the question is about; its shape depends on the kind'),
};

const openBreakpoint = z.object({ ...question, answerWith: z.object({ cli: z.string(), temporal: z.string() }).describe('Command lines that answer') });

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

const first = z.object({ action: answerAction, by: z.string().nullable(), at: instant });

/** `answer --file --json`: one for each, in the order of the file. */
export const answersDocument = z.object({
  answers: z.array(z.object({
    breakpoint: z.string(),
    action: z.string().describe('As it was given'),
    accepted: z.boolean(),
    by: z.string().describe('As the caller says; advisory'),
    via: z.literal('update'),
    at: instant,
    error: z.object({ kind: z.string(), message: z.string(), hint: z.string().optional(), first: first.optional() }).optional().describe('Where it was refused'),
  })),
});
export type AnswersDocument = z.infer<typeof answersDocument>;

/** `inbox --answered --json`: oldest answer first. */
export const answeredDocument = z.object({
  breakpoints: z.array(z.object({
    ...question,
    answer: z.object({
      action: answerAction,
      note: z.string().nullable(),
      by: z.string().nullable().describe('As the caller said; advisory'),
      via: z.enum(['signal', 'update', 'cli', 'timer', 'itself']).describe('timer: its time was over; itself: what it was about ended, or the plan covers it'),
      at: instant,
      refused: z.string().optional().describe('Why it was not carried out'),
    }),
    closedAt: instant.nullable(),
  })),
});
export type AnsweredDocument = z.infer<typeof answeredDocument>;

/** What `answer --file` reads. */
export const answerFile = z.array(z.object({
  breakpoint: z.string().describe('Id of the question, as `inbox` shows it'),
  action: z.string().describe('One of its actions'),
  note: z.string().optional().describe('Goes into the next prompt'),
  tree: z.string().optional().describe('Refuse the answer when the question is about another tree'),
}));
export type AnswerFile = z.infer<typeof answerFile>;

export const extendDocument = z.object({
  target: z.string(),
  accepted: z.literal(true),
  turns: z.int().min(1).optional().describe("More of the model's turns in each run"),
  budgetUsd: z.number().positive().optional(),
  minutes: z.number().positive().optional(),
  by: z.string().nullable().describe('As the caller says; advisory'),
  via: z.literal('update'),
  at: instant,
});
export type ExtendDocument = z.infer<typeof extendDocument>;
