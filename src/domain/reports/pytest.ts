/** What pytest prints at its end: the last line counts, the short summary above it names what failed. */
import { namesOf, NotReadable, type Tally } from './tally.ts';

 
const COLOURS = /\u001b\[[0-9;]*m/g;
/** `=== 1 failed, 2 passed in 0.12s ===`, without the signs where it was run with -q. */
const LAST = /^(?:=+ )?((?:\d{1,9} [a-z]+(?:, )?)+|no tests ran) in \d[\d.]*s(?: \([\d:]+\))?(?: =+)?$/;
const SUMMARY = /^=+ short test summary info =+$/;
/** The reason after the name is left out. A parameter may hold ` - ` too: then its bracket is closed behind. */
const FAILED = /^(?:FAILED|ERROR) (\S[^[\n]*?(?:\[.*\])?)(?: - .*)?$/;

const RESULTS: Readonly<Record<string, 'passed' | 'failed' | 'skipped'>> = {
  passed: 'passed', xpassed: 'passed', failed: 'failed', error: 'failed', errors: 'failed', skipped: 'skipped', xfailed: 'skipped',
};

/** Throws `NotReadable`. */
export function readPytest(text: string): Tally {
  const lines = text.replace(COLOURS, '').split('\n').map((line) => line.trimEnd());
  const last = lines.findLastIndex((line) => line.length < 500 && LAST.test(line));
  const told = LAST.exec(lines[last] ?? '')?.[1];
  if (told === undefined) throw new NotReadable("it has no last line of pytest's, such as “1 failed, 2 passed in 0.12s”");
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, number, word = ''] of told.matchAll(/(\d+) ([a-z]+)/g)) {
    const result = RESULTS[word];
    if (result) counts[result] += Number(number);
  }
  const { failing, complete } = namesOf(failedIn(lines.slice(0, last)));
  const total = counts.passed + counts.failed + counts.skipped;
  return { counts: { ...counts, total }, failing, complete: complete && failing.length === counts.failed };
}

function failedIn(lines: readonly string[]): string[] {
  const from = lines.findLastIndex((line) => SUMMARY.test(line));
  if (from < 0) return [];
  return lines.slice(from + 1).flatMap((line) => FAILED.exec(line.slice(0, 2_000))?.[1] ?? []);
}
