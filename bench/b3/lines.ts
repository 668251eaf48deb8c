/** What both arms have in common: where faults strike, and how the lines that arrived are counted. Pure. */

export interface Strike<T> {
  fault: T;
  /** Strikes when so many lines have arrived. */
  at: number;
}

/** In random order, each at a random line of its own share; the last share is free of faults, so something is written after each. */
export function schedule<T>(random: () => number, faults: readonly T[], lines: number): Strike<T>[] {
  const share = lines / (faults.length + 1);
  const order = faults.map((fault) => ({ fault, by: random() })).sort((a, b) => a.by - b.by);
  return order.map(({ fault }, n) => ({ fault, at: Math.ceil((n + random()) * share) }));
}

/** The last line of each share but the last, which is where the fault of that share has struck. */
export const sharesOf = (faults: number, lines: number): number[] => Array.from({ length: faults }, (_, n) => Math.ceil(((n + 1) * lines) / (faults + 1)));

export interface Damage {
  lost: number;
  duplicated: number;
}

/** `numbers`: of the lines that arrived; NaN for what is no whole line. Written were 1 to `lines`. */
export function damageOf(numbers: readonly number[], lines: number): Damage {
  const arrived = new Set(numbers.filter((n) => n >= 1 && n <= lines));
  return { lost: lines - arrived.size, duplicated: numbers.length - arrived.size };
}
