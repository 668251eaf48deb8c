/** Kinds of fields that the plan file and the service's configuration are made of, each with words for what is wrong. */
import * as z from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../duration.ts';
import { ID_PATTERN } from '../ids.ts';

const TOO_LONG = 'is too long';

/** Text that says something. `max` in characters. */
export const text = (max: number) => z.string().max(max, `${TOO_LONG}: at most ${max} characters`).regex(/\S/, 'is blank');

export const id = () =>
  z.string().regex(ID_PATTERN, 'must be 1 to 63 lower-case letters, digits or "-", and not begin with "-"');

const between = (min: number, max: number): string => `must be between ${min} and ${max}`;

export const whole = (min: number, max: number) => z.int().min(min, between(min, max)).max(max, between(min, max));

export const real = (min: number, max: number) => z.number().min(min, between(min, max)).max(max, between(min, max));

const DAY_MS = 86_400_000;

/** `90s`, `10m`, `2h`: from a second to a day unless told. Stays text; `parseDuration` turns it into milliseconds. */
export const duration = (minMs = 1000, maxMs = DAY_MS) =>
  z.string().regex(DURATION_PATTERN, 'must be a length of time such as 90s, 10m or 2h').refine(
    (value) => {
      const ms = parseDuration(value);
      return ms === undefined || (ms >= minMs && ms <= maxMs);
    },
    `must be between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`,
  );

const SIZE = /^(\d{1,9})(B|KB|MB|GB)$/;
const SIZE_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1000, MB: 1000 ** 2, GB: 1000 ** 3 };

/** `500KB`, `20MB`. Stays text; `parseSize` turns it into bytes. */
export const size = () => z.string().regex(SIZE, 'must be a size such as 500KB or 20MB');

export function parseSize(value: string): number {
  const found = SIZE.exec(value);
  return Number(found?.[1] ?? Number.NaN) * (SIZE_BYTES[found?.[2] ?? ''] ?? Number.NaN);
}

/** A different sentence when the value is of another kind than the field; nothing changes for a missing one. */
export const otherwise = (message: string) => (issue: z.core.$ZodRawIssue): string | undefined =>
  issue.code === 'invalid_type' && issue.input !== undefined ? message : undefined;
