/** What evidence says beside its outcomes: counts, names of tests, and what people should know before they trust it. Package-free. */
import { countsOf, type CheckEvidence } from '../evidence.ts';
import type { JudgeFacts } from './facts.ts';

const MOST_NAMES = 20;

const listed = (names: readonly string[]): string[] =>
  [...names.slice(0, MOST_NAMES).map((name) => `- ${name}`), ...(names.length > MOST_NAMES ? [`- and ${names.length - MOST_NAMES} more`] : [])];

const oneLine = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

/** `2 of 40 tests failed, 1 skipped`; empty without a report. */
export function countsText(check: Pick<CheckEvidence, 'report'>): string {
  const counts = countsOf(check);
  if (!counts) return '';
  const failed = counts.failed > 0 ? `${counts.failed} of ${counts.total} tests failed` : `${counts.total} tests`;
  return counts.skipped > 0 ? `${failed}, ${counts.skipped} skipped` : failed;
}

/** Failing tests under their headings, for a prompt and for people; nothing without a report that names them. */
export function namedTests({ tests }: CheckEvidence): string[] {
  const under = (heading: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${heading}:`, ...listed(names)]);
  return [
    ...under('Tests that fail and did not fail before', tests?.newlyFailing ?? []),
    ...under('Tests that still fail, as before', tests?.stillFailing ?? []),
    ...under('Tests that failed only once of two times', tests?.flaky ?? []),
  ];
}

/** Sentences that go with every decision about this evidence. */
export function evidenceRemarks({ evidence, tree }: JudgeFacts): string[] {
  const first = evidence[0]?.tree;
  const moved = tree && first && first !== tree ? [`The files were changed after the turn had ended: the checks ran on tree ${first.slice(0, 12)}, the turn ended with ${tree.slice(0, 12)}.`] : [];
  return [...moved, ...evidence.flatMap(remarksOn)];
}

function remarksOn({ name, outcome, report, changed }: CheckEvidence): string[] {
  const remarks: string[] = [];
  if (outcome === 'skipped') remarks.push(`The check ${name} did not run: nothing in its paths has changed since it passed.`);
  if (report?.kind === 'unreadable') remarks.push(`The report of the check ${name} could not be read: ${report.reason}.`);
  if (changed) {
    const who = changed.beside ? `The check ${name}, or one that ran beside it (${oneLine(changed.beside)}),` : `The check ${name}`;
    remarks.push(`${who} changed ${changed.files === 1 ? 'a file' : `${changed.files} files`} while it ran: ${oneLine(changed.paths)}.`);
  }
  return remarks;
}
