/** `drill` with --json. */
import * as z from 'zod';
import { count, instant, sha256 } from './words.ts';

/** In the order in which they are told. */
export const FAULT_NAMES = [
  'worker-kill', 'second-worker', 'link-reset', 'link-silence', 'host-program-kill', 'supervisor-kill', 'cancel-escapee', 'postgres-restart',
  'temporal-restart',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

const milliseconds = z.int().min(0).nullable();

const fault = z.object({
  fault: z.enum(FAULT_NAMES),
  injectedAt: instant.nullable().describe('Null when it was not brought about'),
  seenInMs: milliseconds.describe('Until the service saw it'),
  recoveredInMs: milliseconds.describe('Until a line was stored that was written after the fault; for a cancel: until it had closed'),
  written: count.describe('Lines in the output on the host'),
  stored: count.describe('Rows'),
  lost: count.describe('Lines without a row'),
  duplicated: count.describe('Rows beyond one for each line'),
  outSha256: sha256.nullable().describe('Of the output on the host, of one run after the other'),
  rowsSha256: sha256.nullable().describe('Of the rows as bytes'),
  survivors: z.array(z.int().min(1)).describe('Processes of the run that were there after its end'),
  proof: z.enum(['cgroup', 'marker']).nullable().describe('What "nothing is left" rests on'),
  ok: z.boolean().describe('As promised; a skipped fault breaks no promise'),
  seen: z.string().nullable().describe('What was seen, for people'),
  reason: z.string().optional().describe('Why not ok'),
  skipped: z.string().optional().describe('Why it was not brought about'),
});
export type DrillFault = z.infer<typeof fault>;

export const drillDocument = z.object({
  ok: z.boolean(),
  seed: count,
  host: z.string(),
  seconds: z.number().min(0),
  faults: z.array(fault),
  leftBehind: z.array(z.string()).describe('What could not be cleared away, a sentence each'),
});
export type DrillDocument = z.infer<typeof drillDocument>;
