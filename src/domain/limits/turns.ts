/** How many turns of the model a run may take: by what kind of task it is and how large. Package-free: workflow code imports this file. */

export const TURNS_OF_KIND = {
  validation: 5, code: 12, refactor: 15, debug: 20, 'error-analysis': 8, planning: 5, docs: 3, testing: 8,
} as const;
export const TURNS_OF_SIZE = { small: 3, medium: 6, large: 12, huge: 20 } as const;

export type TaskKind = keyof typeof TURNS_OF_KIND;
export type TaskSize = keyof typeof TURNS_OF_SIZE;

export const FEWEST_TURNS = 3;
export const MOST_TURNS = 150;
/** However often a person extends. */
export const TURNS_CEILING = 500;

const bounded = (turns: number): number => Math.min(MOST_TURNS, Math.max(FEWEST_TURNS, turns));

/** A task that says what it is goes before the number for all tasks; of kind and size the larger one holds. */
export function turnsFor(ofAgent: number, { kind, size }: { kind?: TaskKind; size?: TaskSize }): number {
  if (kind === undefined && size === undefined) return ofAgent;
  return bounded(Math.max(kind ? TURNS_OF_KIND[kind] : 0, size ? TURNS_OF_SIZE[size] : 0));
}

/** Twice as many; null where that would be no more. */
export function enlargedTurns(turns: number): number | null {
  const enlarged = bounded(2 * turns);
  return enlarged > turns ? enlarged : null;
}
