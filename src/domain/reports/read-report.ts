/** The report that a plan names for a check, from text to counts and names. Any text may come: what is no report is said, never thrown. */
import type { ReportFormat, ReportResult } from '../evidence.ts';
import { readGo } from './go.ts';
import { readJest } from './jest.ts';
import { readJunit } from './junit.ts';
import { readPytest } from './pytest.ts';
import { readTap } from './tap.ts';
import { NotReadable, together, type Tally } from './tally.ts';

/** Of all files of one report together, and of a check's output that is one. */
export const MOST_REPORT_BYTES = 8 * 1024 * 1024;

const READERS: Readonly<Record<ReportFormat, (text: string, root: string) => Tally>> = {
  junit: readJunit, tap: readTap, jest: readJest, vitest: readJest, pytest: readPytest, go: readGo,
};

export interface ReportPart {
  /** Names it in a reason: a path, or `its output`. */
  name: string;
  text: string;
}

/** `root`: the workspace. One part that cannot be read makes the whole unreadable: half a report is none. */
export function readReport(format: ReportFormat, parts: readonly ReportPart[], root: string): ReportResult {
  const read: Tally[] = [];
  for (const { name, text } of parts) {
    const one = attempt(() => READERS[format](text, root));
    if (typeof one === 'string') return { kind: 'unreadable', format, reason: `${name} is no ${format} report: ${one}` };
    read.push(one);
  }
  return { kind: 'read', format, ...(read.length === 1 && read[0] ? read[0] : together(read)) };
}

/** The result, or why there is none. */
function attempt(read: () => Tally): Tally | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotReadable) return error.message;
    // A parser may give up on what nobody writes on purpose, such as a thousand levels.
    return `it cannot be parsed (${error instanceof Error ? error.name : 'unknown'})`;
  }
}
