/** `compare --json` */
import * as z from 'zod';
import { change } from './turns.ts';
import { checkOutcome, count, decisionKind, score, usd } from './words.ts';

const side = z.object({
  target: z.string(),
  from: z.string().nullable().describe('Tree before; null: no turn has begun'),
  to: z.string().nullable().describe('Tree after; null: no turn has ended'),
  turns: count,
  runs: count,
  costUsd: usd,
  quality: score.nullable().describe('Of the turn that was decided last'),
  confidence: score.nullable(),
  checks: z.array(z.object({ name: z.string(), outcome: checkOutcome, exitCode: z.int().nullable() })).describe('Each as it ran last'),
  changedFiles: count,
  added: count.describe('Lines'),
  removed: count,
  decisions: z.array(z.object({ task: z.string(), turn: z.int().min(1), decision: decisionKind, rule: z.string(), reason: z.string() })),
});

export const compareDocument = z.object({
  a: side,
  b: side,
  opposed: z.object({ checks: z.enum(['a', 'b']), quality: z.enum(['a', 'b']) }).nullable().describe('The checks speak for one, the scores for the other; null: they do not contradict each other'),
  sameTree: z.boolean().nullable().describe('The files are the same; null: one of them has none yet'),
  changes: z.array(change.omit({ by: true })).nullable().describe("What leads from a's last tree to b's; null: one of them has none yet"),
});
export type CompareDocument = z.infer<typeof compareDocument>;
