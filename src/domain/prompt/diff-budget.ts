/** A unified diff cut to a budget: the files that tell most about the work first, generated ones last. Package-free. */

interface FileDiff {
  path: string;
  text: string;
}

export interface CutDiff {
  text: string;
  /** Paths left out or cut. */
  notShown: string[];
}

/** A file that gets less than this is left out: a few lines without their context mislead. */
const MIN_SHARE = 400;

/** `named`: text of the task; a file it names comes first. `budget` in characters. */
export function cutDiff(diff: string, budget: number, named: string): CutDiff {
  const files = splitFiles(diff).sort((a, b) => rank(a, named) - rank(b, named) || a.text.length - b.text.length);
  const shown: string[] = [];
  const notShown: string[] = [];
  let left = budget;
  for (const { path, text } of files) {
    if (text.length > left) notShown.push(path);
    if (text.length > left && left < MIN_SHARE) continue;
    const piece = text.length > left ? `${text.slice(0, left)}\n[${text.length - left} characters of ${path} cut]` : text;
    shown.push(piece.trimEnd());
    left -= Math.min(text.length, left);
  }
  return { text: shown.join('\n'), notShown };
}

function splitFiles(diff: string): FileDiff[] {
  return diff.split(/^(?=diff --git )/m).filter((text) => text.trim() !== '').map((text) => ({ path: pathOf(text), text }));
}

function pathOf(text: string): string {
  const header = /^\+\+\+ (?:b\/)?(.+)$/m.exec(text) ?? /^--- (?:a\/)?(.+)$/m.exec(text) ?? /^diff --git .* "?b\/(.+?)"?$/m.exec(text);
  const path = header?.[1]?.trim() ?? '';
  return path === '/dev/null' || path === '' ? (/^diff --git "?a\/(.+?)"? "?b\//m.exec(text)?.[1] ?? '(no path)') : path;
}

const GENERATED = /(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|[^/]*\.lock|[^/]*\.(min\.(js|css)|map|snap|svg)|dist|build|vendor|node_modules)(\/|$)/;
const TESTS = /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.[^/]+$/;
const TEXTS = /\.(md|txt|rst|ya?ml|json|toml|ini|cfg)$/i;

function rank({ path, text }: FileDiff, named: string): number {
  if (/^Binary files /m.test(text) || GENERATED.test(path)) return 4;
  if (named.includes(path)) return 0;
  if (TESTS.test(path)) return 2;
  return TEXTS.test(path) ? 3 : 1;
}
