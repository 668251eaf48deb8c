/** Where a place inside a text of a YAML file is in the file itself. */
import { isScalar } from 'yaml';
import type { Node } from 'yaml';

/** Offset in `source` of the character `at` of the node's text; undefined where the text is written another way than it reads. */
export function offsetInside(source: string, node: Node | null, at: number): number | undefined {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return undefined;
  const [start, end] = node.range;
  if (node.type === 'BLOCK_LITERAL') return inBlock(source.slice(start, end), node.value, at, start);
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  const written = source.slice(start + quoted, end - quoted);
  // Up to there, at least, it must read as it is written: no escapes, no folded lines.
  return written.startsWith(node.value.slice(0, at)) ? start + quoted + at : undefined;
}

/** A block keeps its lines; each begins after the same indentation. */
function inBlock(written: string, text: string, at: number, start: number): number | undefined {
  const before = text.slice(0, at).split('\n');
  const lines = written.split('\n');
  const indent = /^ */.exec(lines.slice(1).find((line) => line.trim() !== '') ?? '')?.[0].length ?? 0;
  const row = before.length;
  if (lines[row]?.slice(indent) !== text.split('\n')[row - 1]) return undefined;
  return start + lines.slice(0, row).reduce((sum, line) => sum + line.length + 1, 0) + indent + (before.at(-1)?.length ?? 0);
}
