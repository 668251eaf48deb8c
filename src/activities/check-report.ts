/** The report of a check that has ended: from the files that the host kept with its run, or from what it printed. */
import type { ReportResult } from '../domain/evidence.ts';
import type { CollectedFiles } from '../domain/collected-files.ts';
import type { ReportSpec } from '../domain/plan.ts';
import { MOST_REPORT_BYTES, readReport, type ReportPart } from '../domain/reports/read-report.ts';
import type { CheckCall } from './check-run.ts';
import { readWhole } from './follow-run.ts';
import type { HostCall } from './on-host.ts';

/** JSON escapes make the kept files longer than they are. */
const KEPT_BYTES = 4 * MOST_REPORT_BYTES;

/** Null where the plan names none. What is missing or cannot be read is a value too, with its reason. */
export async function checkReport(target: HostCall, key: string, { check, context }: CheckCall): Promise<ReportResult | null> {
  const { report } = check;
  if (!report) return null;
  const parts = report.path === null ? await printed(target, key) : await keptFiles(target, key, report.path);
  if (typeof parts === 'string') return unreadable(report, parts);
  return readReport(report.format, parts, context.place.path);
}

const unreadable = ({ format }: ReportSpec, reason: string): ReportResult => ({ kind: 'unreadable', format, reason });

async function printed(target: HostCall, key: string): Promise<ReportPart[] | string> {
  const text = await readWhole(target, key, 'out', MOST_REPORT_BYTES);
  if (typeof text !== 'string') return `its output has ${text.size} bytes, of a report at most ${MOST_REPORT_BYTES} are read: let it write a file`;
  return [{ name: 'its output', text }];
}

/** What was left out makes the whole unreadable: half a report is none. */
async function keptFiles(target: HostCall, key: string, path: string): Promise<ReportPart[] | string> {
  const text = await readWhole(target, key, 'collected', KEPT_BYTES);
  if (typeof text !== 'string' || text === '') return `${path} could not be kept with the run`;
  const { files, left } = JSON.parse(text) as CollectedFiles;
  if (left.length > 0) return left.slice(0, 5).join('; ');
  return files.length === 0 ? `no file matches ${path}` : files.map((file) => ({ name: file.path, text: file.text }));
}
