// Which lines of src the tests ran, from two sources: jest's counters for what it loaded itself (and for workflow code in the
// SDK's sandbox), V8's for the processes that tests started. A line counts as run when any of them ran a statement that begins there.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readRuns, wasRun } from './v8-runs.mjs';

/** Map of file to `{all: Set of lines, run: Set of lines}`; lines count from 1. */
export function countLines({ root, report, runs }) {
  const files = new Map();
  for (const { path, statementMap, s } of Object.values(JSON.parse(readFileSync(report, 'utf8')))) files.set(path, statementsOf(statementMap, s));
  readRuns(runs, join(root, 'src'), (path, ranges) => addRun(path, files.get(path), ranges));
  return new Map([...files].map(([path, { statements }]) => [relative(root, path), linesOf(statements)]));
}

const statementsOf = (map, counts) => ({ statements: Object.entries(map).map(([id, { start }]) => ({ ...start, run: counts[id] > 0 })) });

function addRun(path, file, ranges) {
  if (!file) return;
  file.lineStarts ??= lineStartsOf(path);
  for (const statement of file.statements) {
    if (!statement.run) statement.run = wasRun(ranges, file.lineStarts[statement.line - 1] + statement.column);
  }
}

function lineStartsOf(path) {
  const starts = [0];
  for (const { index } of readFileSync(path, 'utf8').matchAll(/\n/g)) starts.push(index + 1);
  return starts;
}

function linesOf(statements) {
  const lines = { all: new Set(), run: new Set() };
  for (const { line, run } of statements) {
    lines.all.add(line);
    if (run) lines.run.add(line);
  }
  return lines;
}
