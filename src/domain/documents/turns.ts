/** What was done in a turn and why: `logs` (one line each), `diff`, `decisions`, `checkpoints`, all with `--json`. */
import * as z from 'zod';
import { changeOp, count, decisionKind, instant, score } from './words.ts';

/** Kinds of lines may be added: a reader passes over those it does not know. */
export const logsLine = z.looseObject({
  at: instant,
  project: z.string(),
  milestone: z.string(),
  task: z.string(),
  turn: z.int().min(1),
  run: z.string().describe('Run key'),
  offset: count.describe("Bytes before this line in the run's output"),
  kind: z.string(),
}).describe('One line of JSON lines');
export type LogsLine = z.infer<typeof logsLine>;

const change = z.object({
  path: z.string(),
  op: changeOp,
  from: z.string().optional().describe('Old path of a rename'),
  mode: z.string(),
  sizeBefore: count,
  sizeAfter: count,
  added: count.nullable().describe('Lines; null for a binary file'),
  removed: count.nullable(),
  by: z.object({ kind: z.enum(['tool', 'other']), toolUseId: z.string().optional(), tool: z.string().optional() }),
});

export const diffDocument = z.object({ from: z.string().describe('Tree'), to: z.string().describe('Tree'), changes: z.array(change) });
export type DiffDocument = z.infer<typeof diffDocument>;

const decision = z.object({
  task: z.string(),
  turn: z.int().min(1),
  decision: decisionKind,
  rule: z.string(),
  facts: z.unknown().describe('Everything the rules looked at'),
  scores: z.looseObject({ quality: score.nullable(), confidence: score.nullable() }),
  wouldChange: z.array(z.unknown()).describe('What would have led to another decision'),
});

export const decisionsDocument = z.object({ decisions: z.array(decision) });
export type DecisionsDocument = z.infer<typeof decisionsDocument>;

const checkpoint = z.object({
  id: z.string(),
  tree: z.string(),
  task: z.string().nullable(),
  turn: z.int().min(1).nullable(),
  at: instant,
  files: count,
  bytes: count,
  notCovered: z.array(z.string()),
});

export const checkpointsDocument = z.object({ checkpoints: z.array(checkpoint) });
export type CheckpointsDocument = z.infer<typeof checkpointsDocument>;
