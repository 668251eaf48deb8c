/** `doctor`, `validate`, `start`, `demo`, `up`, `steer`, `notify` and every error, with `--json`. */
import * as z from 'zod';
import { statusDocument } from './status.ts';
import { answerAction, count } from './words.ts';

const doctorCheck = z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), cure: z.string().optional() });

export const doctorDocument = z.object({ ok: z.boolean(), checks: z.array(doctorCheck) });
export type DoctorDocument = z.infer<typeof doctorDocument>;

const mistake = z.object({
  path: z.string().describe('Such as milestones[0].tasks[1].id; empty for the file as a whole'),
  line: z.int().min(1),
  column: z.int().min(1),
  message: z.string(),
  suggestion: z.string().optional(),
});

export const validateDocument = z.object({ ok: z.boolean(), errors: z.array(mistake), warnings: z.array(mistake) });
export type ValidateDocument = z.infer<typeof validateDocument>;

export const startDocument = z.object({
  project: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  started: z.boolean().describe('False: it was already running'),
  previous: z.string().nullable().optional().describe('How the run before ended, when this one began anew'),
});
export type StartDocument = z.infer<typeof startDocument>;

export const demoDocument = z.object({
  outcome: z.enum(['completed', 'failed']),
  scripted: z.boolean().describe('The models were scripted'),
  seconds: z.number().min(0),
  project: z.string(),
  workspace: z.string(),
  webUi: z.string().nullable(),
  kept: z.boolean().describe('Everything is still running'),
  addresses: z.object({ temporal: z.string(), namespace: z.string(), database: z.string(), ssh: z.string().nullable() }),
  parts: z.array(z.object({ name: z.string(), version: z.string().nullable(), pid: z.int().nullable() })),
  status: statusDocument,
  answered: z.array(z.object({ breakpoint: z.string(), action: answerAction, by: z.string().nullable() })),
  checks: z.array(z.object({ name: z.string(), exitCode: z.int().nullable() })),
  modelRequests: count,
  processesLeft: count,
});
export type DemoDocument = z.infer<typeof demoDocument>;

export const upDocument = z.object({
  ready: z.literal(true),
  temporal: z.string(),
  webUi: z.string().nullable(),
  database: z.string(),
}).describe('First line');
export type UpDocument = z.infer<typeof upDocument>;

export const steerDocument = z.object({
  target: z.string(),
  accepted: z.literal(true),
  reached: z.array(z.object({ milestone: z.string(), when: z.enum(['turn', 'next']).describe('The running turn, or the next prompt') })),
});
export type SteerDocument = z.infer<typeof steerDocument>;

const told = z.object({
  name: z.string(),
  kind: z.enum(['webhook', 'command', 'desktop']),
  sent: z.boolean().describe('The receiver has confirmed'),
  error: z.string().nullable(),
});

export const notifyDocument = z.object({ channels: z.array(told) });
export type NotifyDocument = z.infer<typeof notifyDocument>;

const where = z.object({
  file: z.string().optional(),
  line: z.int().min(1).optional(),
  column: z.int().min(1).optional(),
  path: z.string().optional(),
});

const firstAnswer = z.object({ action: z.string(), by: z.string().nullable(), at: z.string() });

export const errorDocument = z.object({
  error: z.looseObject({
    kind: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    where: where.optional(),
    first: firstAnswer.optional().describe('Who was there before, for already_answered'),
  }),
});
export type ErrorDocument = z.infer<typeof errorDocument>;
