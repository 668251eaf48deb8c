/** `rejudge --json` and `metrics --json` */
import * as z from 'zod';
import { breakpointKind, count, decisionKind, instant, score, turnOutcome, usd } from './words.ts';

const outcome = z.object({
  decision: decisionKind, breakpoint: breakpointKind.nullable(), rule: z.string(), quality: score.nullable(), confidence: score.nullable(),
});

export const customValue = z.object({ name: z.string(), value: z.boolean().optional(), error: z.string().optional().describe('It could not be evaluated') });

const review = z.object({
  kind: z.enum(['reviewed', 'unavailable', 'impossible', 'unneeded']).describe('impossible: what the reviewer was asked is not kept; unneeded: nobody had been asked'),
  model: z.string(),
  quality: score.nullable(),
  confidence: score.nullable(),
  message: z.string().optional(),
});

const rejudged = z.object({
  milestone: z.string(),
  task: z.string(),
  turn: z.int().min(1),
  at: instant.describe('When it was decided'),
  before: outcome.describe('As it was decided'),
  after: outcome.describe('As it would be decided'),
  differs: z.boolean().describe('Another decision or another rule'),
  reason: z.string().describe('Of `after`'),
  custom: z.array(customValue).optional().describe('What each rule says'),
  review: review.optional().describe('Of the model that was asked again'),
});

export const rejudgeDocument = z.object({
  decisions: z.array(rejudged),
  differing: count,
});
export type RejudgeDocument = z.infer<typeof rejudgeDocument>;

const bin = z.object({
  from: score, to: score, samples: count, predicted: score.nullable().describe('Mean confidence'), observed: score.nullable().describe('Share that was right'),
});

const calibration = z.object({
  samples: count.describe('Turns whose truth is known'),
  predicted: score.nullable(),
  observed: score.nullable(),
  brier: score.nullable().describe('Mean squared distance of confidence from truth: 0 is perfect'),
  takes: score.describe('What it takes from the confidence of the next turn'),
  needed: count.describe('Samples from which it takes anything'),
  bins: z.array(bin),
  why: z.record(z.string(), count).describe('Samples by what told the truth'),
});

const waited = z.object({ p50: count.nullable(), p90: count.nullable(), max: count.nullable() }).describe('Milliseconds from opening to answer');

const project = z.object({
  project: z.string(),
  turns: count.describe('Attempts, of all runs of the project'),
  runs: count,
  tasks: count.describe('Tasks that were worked on'),
  attempts: z.object({ mean: z.number().min(0).nullable(), max: count }).describe('Per task'),
  costUsd: usd,
  inputTokens: count,
  outputTokens: count,
  outcomes: z.array(z.object({ outcome: turnOutcome.nullable(), turns: count })),
  decisions: z.array(z.object({ rule: z.string(), decision: decisionKind, count })),
  breakpoints: z.array(z.object({ kind: breakpointKind, asked: count, open: count, answered: count, byPerson: count, waitedMs: waited })),
  calibration,
});

export const metricsDocument = z.object({ projects: z.array(project) });
export type MetricsDocument = z.infer<typeof metricsDocument>;
export type ProjectMetrics = z.infer<typeof project>;
