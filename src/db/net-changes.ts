/** Puts the changes of several turns together into what changed in the end. Pure. */
import type { DiffRow } from './diff.ts';

/** `steps` in the order of the turns. By path. A rename is told as a deletion and an addition: its path may be used again later. */
export function netChanges(steps: readonly DiffRow[]): DiffRow[] {
  const net = new Map<string, DiffRow>();
  for (const step of steps.flatMap(splitRename)) {
    const earlier = net.get(step.path);
    const joined = earlier ? join(earlier, step) : step;
    if (joined) net.set(step.path, joined);
    else net.delete(step.path);
  }
  return [...net.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function splitRename(step: DiffRow): DiffRow[] {
  if (step.op !== 'rename' || step.from === undefined) return [step];
  const { from, ...rest } = step;
  return [
    { ...rest, path: from, op: 'delete', shaAfter: null, sizeAfter: 0, added: 0, removed: 0 },
    { ...rest, op: 'add', shaBefore: null, sizeBefore: 0 },
  ];
}

/** Two changes of one path as one; undefined when the second takes the first back. */
function join(first: DiffRow, second: DiffRow): DiffRow | undefined {
  const isNew = first.op === 'add';
  const isGone = second.op === 'delete';
  const ops = [first.op, second.op];
  const isSameContent = first.shaBefore === second.shaAfter;
  if (isNew && isGone) return undefined;
  if (!isNew && !isGone && isSameContent && !ops.includes('mode')) return undefined;
  const op = isNew ? 'add' : isGone ? 'delete' : ops.includes('type') ? 'type' : isSameContent ? 'mode' : 'modify';
  return {
    ...second, op, shaBefore: first.shaBefore, sizeBefore: first.sizeBefore,
    added: sum(first.added, second.added), removed: sum(first.removed, second.removed),
  };
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
