/** Lengths of time as users write them: `90s`, `10m`, `2h`, `1d`. Package-free. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A whole number and its unit. */
export const DURATION_PATTERN = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Milliseconds; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const found = DURATION_PATTERN.exec(text);
  return found ? Number(found[1]) * (UNIT_MS[found[2] ?? ''] ?? Number.NaN) : undefined;
}

/** The shortest exact way to write it: `90000` is `90s`, `3600000` is `1h`. */
export function formatDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => ms > 0 && ms % (UNIT_MS[name] ?? 1) === 0) ?? 'ms';
  return `${ms / (UNIT_MS[unit] ?? 1)}${unit}`;
}
