/** The reviewer's answer: the JSON Schema its model is held to, and the reading of what it gave. */
import { z } from 'zod';
import type { Review } from './review.ts';

const MAX_ITEMS = 100;
const MAX_TEXT = 4_000;

const text = z.string().min(1).max(MAX_TEXT);
const score = z.number().min(0).max(1);

const schema = z.object({
  requirementsMet: z.array(z.object({ requirement: text, met: z.boolean() })).max(MAX_ITEMS)
    .describe('each acceptance criterion once, and whether the work meets it'),
  issues: z.array(z.object({ severity: z.enum(['info', 'minor', 'major']), text, path: z.string().max(MAX_TEXT).nullish() })).max(MAX_ITEMS)
    .describe('what is wrong or missing, with the file where there is one'),
  alternatives: z.array(text).max(MAX_ITEMS).default([]).describe('other designs a person should choose between; usually none'),
  quality: score.describe('0 useless … 1 nothing to improve'),
  confidence: score.describe('0 a guess … 1 certain: how sure you are of this judgement'),
});

/** For the model server's `format`. A grammar made from it need not enforce bounds: `parseReview` does. */
export const reviewJsonSchema = (): Record<string, unknown> => z.toJSONSchema(schema);

export type ParsedReview = { ok: true; review: Review } | { ok: false; why: string };

/** Reads the model's text. Anything but one JSON object of the right shape is rubbish; nothing is clamped or guessed. */
export function parseReview(answer: string): ParsedReview {
  const json = parseJson(answer);
  if (json === undefined) return { ok: false, why: answer.trim() === '' ? 'the answer is empty' : 'the answer is not JSON' };
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { ok: false, why: parsed.error.issues.slice(0, 3).map(sayIssue).join('; ') };
  return { ok: true, review: { ...parsed.data, issues: parsed.data.issues.map(withoutEmptyPath) } };
}

function parseJson(answer: string): unknown {
  try {
    return JSON.parse(answer) as unknown;
  } catch {
    return undefined;
  }
}

const sayIssue = ({ path, message }: { path: PropertyKey[]; message: string }): string => `${path.map(String).join('.') || 'answer'}: ${message}`;

const withoutEmptyPath = ({ path, ...issue }: z.infer<typeof schema>['issues'][number]): Review['issues'][number] => (path ? { ...issue, path } : issue);
