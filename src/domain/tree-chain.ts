/** A way over recorded steps from one tree to another. Pure; package-free. */

export interface TreeStep {
  from: string;
  to: string;
}

export interface Chain<T> {
  steps: T[];
  /** It leads all the way; otherwise there is a gap after its last step. */
  isWhole: boolean;
}

/** Of several ways on, the first in the list is tried first; where none leads to `to`, the longest one that was found. */
export function chainOf<T extends TreeStep>(steps: readonly T[], from: string, to: string): Chain<T> {
  const onward = Map.groupBy(steps, (step) => step.from);
  const seen = new Set([from]);
  const path: T[] = [];
  let longest: T[] = [];
  for (let at = from; at !== to;) {
    const next = onward.get(at)?.find((step) => !seen.has(step.to));
    if (next) {
      path.push(next);
      seen.add(next.to);
    } else {
      if (path.length > longest.length) longest = [...path];
      if (!path.pop()) return { steps: longest, isWhole: false };
    }
    at = path.at(-1)?.to ?? from;
  }
  return { steps: path, isWhole: true };
}
