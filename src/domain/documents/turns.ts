/** What was done in a turn and why: `logs` (one line each), `diff`, `decisions`, `checkpoints`, all with `--json`. */
import * as z from 'zod';
import { customValue } from './judging.ts';
import { restored } from './status.ts';
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

export const change = z.object({
  path: z.string(),
  op: changeOp,
  from: z.string().optional().describe('Old path of a rename'),
  mode: z.string(),
  sizeBefore: count.describe('Bytes; 0 where nothing is, and where what was stored of it is gone'),
  sizeAfter: count,
  added: count.nullable().describe('Lines; null for a binary file, and where what was stored of it is damaged'),
  removed: count.nullable(),
  by: z.object({ kind: z.enum(['tool', 'other']), toolUseId: z.string().optional(), tool: z.string().optional() }),
});

export const diffDocument = z.object({ from: z.string().describe('Tree'), to: z.string().describe('Tree'), changes: z.array(change) });
export type DiffDocument = z.infer<typeof diffDocument>;

/** While turns run (`final: false`), and what the end of each says; of that, the last for a path holds. */
export const diffLine = z.object({
  at: instant,
  project: z.string(),
  milestone: z.string(),
  task: z.string(),
  turn: z.int().min(1),
  final: z.boolean().describe('Between the checkpoints before and after the turn'),
  trees: z.object({ from: z.string(), to: z.string() }),
  observedBy: z.string().optional().describe('How it was noticed: `watcher` and `scan` while the turn runs'),
  ...change.shape,
}).describe('One line of `diff -f --json`');
export type DiffLine = z.infer<typeof diffLine>;

const blamedLine = z.object({
  line: count.describe('Its number, from 1'),
  text: z.string(),
  path: z.string().describe('Of the file when the line was written: it may have been renamed since'),
  by: z.object({
    kind: z.enum(['before', 'tool', 'other']).describe('`before`: it was there already; `other` without a turn: between two turns'),
    milestone: z.string().optional(),
    task: z.string().optional(),
    turn: z.int().min(1).optional(),
    toolUseId: z.string().optional(),
    tool: z.string().optional(),
  }),
});

export const blameDocument = z.object({
  project: z.string(),
  path: z.string().describe('In the workspace'),
  tree: z.string().describe('The file is told of as it is in this tree'),
  forgotten: count.describe('Trees that are not kept any more: what they brought counts for the next one'),
  lines: z.array(blamedLine),
});
export type BlameDocument = z.infer<typeof blameDocument>;

const nearRule = z.object({ rule: z.string(), decision: z.string(), missing: z.array(z.string()).describe('Each alone would have been enough') });

const decision = z.object({
  task: z.string(),
  turn: z.int().min(1),
  decision: decisionKind,
  rule: z.string(),
  facts: z.unknown().describe('Everything the rules looked at'),
  scores: z.looseObject({ quality: score.nullable(), confidence: score.nullable() }),
  wouldChange: z.array(z.unknown()).describe('What would have led to another decision'),
  nearly: z.array(nearRule).optional().describe('Rules that one other fact would have made match'),
  custom: z.array(customValue).optional().describe("What each of the plan's rules said"),
});

const restoredBetween = restored.extend({
  milestone: z.string().describe('In whose place'),
  taken: z.string().describe('Where and when the checkpoint was taken, for people'),
  question: z.string().nullable().describe('`restore` was the answer to it; null: the command'),
});

export const decisionsDocument = z.object({
  decisions: z.array(decision),
  restores: z.array(restoredBetween).optional().describe('Since the first of the decisions: files that one was about may not be there any more'),
});
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

export const checkpointTakenDocument = z.object({
  project: z.string(),
  milestone: z.string(),
  id: z.string().describe('Names it in `restore`'),
  tree: z.string(),
  files: count,
  bytes: count,
  notCovered: z.array(z.string()).describe('Paths with the reason; the first 20'),
  moreNotCovered: count,
});
export type CheckpointTakenDocument = z.infer<typeof checkpointTakenDocument>;

const verifiedStore = z.object({
  project: z.string(),
  workspace: z.looseObject({ host: z.string(), path: z.string() }),
  part: count.nullable().describe('The part of `parts` that was read; null: everything'),
  parts: count,
  checkpoints: count,
  objects: count.describe('Read again'),
  bytes: count,
  damaged: z.array(z.looseObject({ id: z.string(), reason: z.string() })).describe('Named by a checkpoint, and missing or not what was stored'),
});

export const checkpointsVerifyDocument = z.object({ ok: z.boolean(), stores: z.array(verifiedStore) });
export type CheckpointsVerifyDocument = z.infer<typeof checkpointsVerifyDocument>;
