/** What every report comes down to: tests with a name and a result, counted. Names are data of others, made safe to print. */
import type { TestCounts } from '../evidence.ts';

export interface TestCase {
  name: string;
  result: 'passed' | 'failed' | 'skipped';
  assertions?: number;
}

export interface Tally {
  counts: TestCounts;
  /** Of failing tests, sorted, each once. */
  failing: string[];
  /** False: more tests failed than are named. */
  complete: boolean;
}

/** The text is not a report of its format, or not a whole one. */
export class NotReadable extends Error {}

/** Names kept of one report: a run that breaks everything must not fill the database. */
export const MOST_NAMES = 500;
const MOST_CHARACTERS = 300;

 
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** One line, of bounded length, without what a terminal would act on. */
export function cleanName(name: string): string {
  const line = name.slice(0, MOST_CHARACTERS * 2).replace(CONTROL, ' ').trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line || '(no name)';
}

/** Several tests of one name are told apart by their number, so that a second one failing is noticed. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} #${times}`;
  });
}

/** At most `MOST_NAMES`, sorted. */
export function namesOf(names: readonly string[]): { failing: string[]; complete: boolean } {
  return { failing: distinct(names.slice(0, MOST_NAMES).map(cleanName)).sort(), complete: names.length <= MOST_NAMES };
}

export function tally(cases: readonly TestCase[]): Tally {
  const count = (result: TestCase['result']): number => cases.filter((one) => one.result === result).length;
  const failing = cases.filter(({ result }) => result === 'failed').map(({ name }) => name);
  const told = cases.flatMap(({ assertions }) => (assertions === undefined ? [] : [assertions]));
  const counts: TestCounts = { passed: count('passed'), failed: failing.length, skipped: count('skipped'), total: cases.length };
  return { counts: told.length > 0 ? { ...counts, assertions: told.reduce((all, one) => all + one, 0) } : counts, ...namesOf(failing) };
}

/** Reports of several files as one. */
export function together(parts: readonly Tally[]): Tally {
  const sum = (of: (counts: TestCounts) => number): number => parts.reduce((all, { counts }) => all + of(counts), 0);
  const told = parts.some(({ counts }) => counts.assertions !== undefined);
  return {
    counts: {
      passed: sum(({ passed }) => passed), failed: sum(({ failed }) => failed), skipped: sum(({ skipped }) => skipped), total: sum(({ total }) => total),
      ...(told && { assertions: sum(({ assertions }) => assertions ?? 0) }),
    },
    failing: namesOf(parts.flatMap(({ failing }) => failing)).failing,
    complete: parts.every(({ complete }) => complete) && parts.reduce((all, { failing }) => all + failing.length, 0) <= MOST_NAMES,
  };
}
