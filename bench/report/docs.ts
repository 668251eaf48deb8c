/**
 * Writes bench/results (rows of the latest run of each benchmark, one plot per series) and, from them, the table of
 * docs/performance.md between its two markers. What was not run this time stays as it was.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Samples } from '../benchmark.ts';
import type { Row } from '../row.ts';
import { plotOf } from './plot.ts';
import { cellsOf, HEADINGS, machineLine, type Cells } from './text.ts';

/** A count is a number, not a curve. */
const isPlotted = ({ unit }: { unit: string }): boolean => unit === 'ms';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

export interface Result {
  benchmark: Benchmark;
  samples: Samples;
  rows: Row[];
}

/** `results.json`. */
interface Stored {
  id: string;
  /** Day, UTC. */
  at: string;
  node: string;
  rows: Row[];
}

function readStored(file: string): Stored[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Stored[]) : [];
}

const line = (cells: Cells): string => `| ${Object.values(cells).map((cell: string) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The generated part of the document. */
export function generated(stored: readonly Stored[]): string {
  const rows = stored.flatMap((one) => one.rows);
  const measured = [...new Set(rows.filter((row) => row.rounds > 0 && isPlotted(row)).map(({ key }) => key))];
  return [
    BEGIN, '', line(HEADINGS), '|---|---|---|---|---|---|', ...rows.map((row) => line(cellsOf(row))), '',
    ...stored.flatMap(({ id, at, node, rows: [first] }) => (first ? [`* ${id}: ${at}, Node ${node}, ${machineLine(first)}; ${first.rounds} rounds.`] : [])), '',
    ...measured.map((key) => `![${key}: share of samples that took at most so long](../bench/results/${key}.svg)`), '', END,
  ].join('\n');
}

function replaceGenerated(document: string, part: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has lost its markers ${BEGIN} and ${END}`);
  return document.slice(0, from) + part + document.slice(to + END.length);
}

function writePlots(folder: string, { benchmark, samples }: Result): void {
  if (samples.kind !== 'measured') return;
  for (const series of benchmark.series.filter(isPlotted)) {
    writeFileSync(join(folder, `${series.key}.svg`), plotOf(series, samples.rounds[series.key] ?? []));
  }
}

/** `order`: ids as the table shows them. */
export function writeDocs(root: string, results: readonly Result[], order: readonly string[]): void {
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  for (const result of results) writePlots(folder, result);
  const file = join(folder, 'results.json');
  const at = new Date().toISOString().slice(0, 10);
  const fresh = results.map(({ benchmark: { id }, rows }) => ({ id, at, node: process.versions.node, rows }));
  const kept = readStored(file).filter(({ id }) => !fresh.some((one) => one.id === id));
  const stored = [...kept, ...fresh].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  writeFileSync(file, `${JSON.stringify(stored, null, 2)}\n`);
  const page = join(root, 'docs/performance.md');
  writeFileSync(page, replaceGenerated(readFileSync(page, 'utf8'), generated(stored)));
}
