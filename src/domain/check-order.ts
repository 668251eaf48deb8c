/** In which order checks run, and which of them need not run. */
import picomatch from 'picomatch';
import type { CheckRun } from './evidence.ts';
import type { Change } from './host-api.ts';
import type { CheckSpec } from './plan.ts';

export interface CheckOrder {
  /** One after the other, nothing beside them. */
  alone: CheckSpec[];
  /** Side by side, after those. */
  together: CheckSpec[];
}

/** The quickest first, as `before` measured them; what was not measured comes last, in the plan's order. */
export function orderChecks(checks: readonly CheckSpec[], before: readonly CheckRun[]): CheckOrder {
  const took = new Map(before.map(({ name, durationMs }) => [name, durationMs]));
  const cost = ({ name }: CheckSpec): number => took.get(name) ?? Number.MAX_VALUE;
  const quickest = [...checks].sort((a, b) => cost(a) - cost(b));
  return { alone: quickest.filter(({ parallel }) => !parallel), together: quickest.filter(({ parallel }) => parallel) };
}

/** Whether one of the changes lies in the paths; a rename lies where it came from and where it went. */
export function isTouched(paths: readonly string[], changes: readonly Pick<Change, 'path' | 'from'>[]): boolean {
  const matches = picomatch([...paths], { dot: true });
  return changes.some(({ path, from }) => matches(path) || (from !== undefined && matches(from)));
}
