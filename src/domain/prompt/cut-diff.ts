/** A unified diff cut to what fits: the files that tell most about the work first, of each the small hunks first. Package-free. */
import { headOf } from './fit.ts';
import type { CountTokens, Room } from './fit.ts';
import { rankOf } from './relevance.ts';

interface FileDiff {
  path: string;
  text: string;
  rank: number;
  tokens: number;
}

export interface CutDiff {
  text: string;
  /** Paths left out or cut, the most telling first. */
  notShown: string[];
}

/** A file that gets less than this is left out: a few lines without their context mislead. */
const MIN_SHARE = 120;
/** What the line about the missing part takes. */
const REMARK = 40;
const GENERATED = 4;

/** `named`: text of the task; a file it names comes first. */
export function cutDiff(diff: string, { tokens, count }: Room, named: string): CutDiff {
  const files = splitFiles(diff, count, named).sort((a, b) => a.rank - b.rank || a.tokens - b.tokens);
  const shown: string[] = [];
  const notShown: string[] = [];
  let left = tokens;
  for (const file of files) {
    const piece = file.tokens <= left ? file.text.trimEnd() : partOf(file, { tokens: left, count });
    if (file.tokens > left) notShown.push(file.path);
    if (piece === null) continue;
    shown.push(piece);
    left -= Math.min(left, file.tokens <= left ? file.tokens : count(piece));
  }
  return { text: shown.join('\n'), notShown };
}

function splitFiles(diff: string, count: CountTokens, named: string): FileDiff[] {
  return diff.split(startingWith('diff --git ')).filter((text) => text.trim() !== '').map((text) => {
    const path = pathOf(text);
    const rank = startingWith('Binary files ').test(text) ? GENERATED : rankOf(path, named);
    return { path, text, rank, tokens: count(text) };
  });
}

/** At the start of a line as git ends lines: with `m`, `^` would also stand after a carriage return in a file's own text. */
const startingWith = (words: string): RegExp => new RegExp(`(?<![^\\n])(?=${words})`);

function pathOf(text: string): string {
  const header = /(?<![^\n])\+\+\+ (?:b\/)?([^\n]+)/.exec(text) ?? /(?<![^\n])--- (?:a\/)?([^\n]+)/.exec(text) ?? /^diff --git [^\n]* "?b\/([^\n]+?)"?(?![^\n])/.exec(text);
  const path = header?.[1]?.trim() ?? '';
  return path === '/dev/null' || path === '' ? (/^diff --git "?a\/(.+?)"? "?b\//m.exec(text)?.[1] ?? '(no path)') : path;
}

/** Header and the hunks that fit, in their order; null when that would be too little to tell anything. */
function partOf({ path, text, rank }: FileDiff, { tokens, count }: Room): string | null {
  if (tokens < MIN_SHARE || rank === GENERATED) return null;
  const [header = '', ...hunks] = text.split(startingWith('@@ '));
  const room = tokens - REMARK - count(header);
  const chosen = smallestThatFit(hunks, { tokens: room, count });
  if (chosen.size === 0) return startOf(path, text, { tokens: tokens - REMARK, count });
  const kept = hunks.filter((_, n) => chosen.has(n));
  return `${header}${kept.join('')}`.trimEnd() + `\n[${hunks.length - kept.length} of ${hunks.length} hunks of ${path} not shown]`;
}

function smallestThatFit(hunks: string[], { tokens, count }: Room): Set<number> {
  let left = tokens;
  const bySize = hunks.map((hunk, n) => ({ n, size: count(hunk) })).sort((a, b) => a.size - b.size);
  return new Set(bySize.filter(({ size }) => (left -= size) >= 0).map(({ n }) => n));
}

function startOf(path: string, text: string, room: Room): string {
  const { text: head, cut } = headOf(text, room);
  return `${head.trimEnd()}\n[${cut} characters of ${path} cut]`;
}
