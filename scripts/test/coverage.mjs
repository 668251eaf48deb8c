// Holds the coverage of lines against the thresholds, folder by folder. A line counts as run when any process ran it.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Least share of lines that tests run, per folder under src; '' is all of it. */
export const THRESHOLDS = { domain: 0.9, host: 0.9, workflows: 0.9, '': 0.85 };

/** Returns one `{name, ok}` per threshold and prints a table of folders. */
export function coverageFindings(root) {
  const files = linesPerFile(root);
  const folders = [...new Set([...files.keys()].map((file) => file.split('/')[1]))].sort();
  for (const folder of folders) if (!folder.includes('.')) print(`src/${folder}`, shareOf(files, `src/${folder}/`));
  return Object.entries(THRESHOLDS).map(([folder, least]) => {
    const { share } = shareOf(files, folder ? `src/${folder}/` : 'src/');
    const ok = share >= least;
    const name = `coverage of src/${folder}: ${percent(share)} of lines, at least ${percent(least)}`;
    process.stdout.write(`${ok ? 'ok' : 'FAILED'}  ${name}\n`);
    return { name, ok };
  });
}

/** Map of file to {run: Set of lines, all: Set of lines}. */
function linesPerFile(root) {
  const report = JSON.parse(readFileSync(join(root, 'coverage/coverage-final.json'), 'utf8'));
  const files = new Map();
  for (const { path, statementMap, s } of Object.values(report)) {
    const lines = { all: new Set(), run: new Set() };
    for (const [id, { start }] of Object.entries(statementMap)) {
      lines.all.add(start.line);
      if (s[id] > 0) lines.run.add(start.line);
    }
    files.set(relative(root, path), lines);
  }
  return files;
}

export function shareOf(files, prefix) {
  let all = 0;
  let run = 0;
  for (const [file, lines] of files) {
    if (!file.startsWith(prefix)) continue;
    all += lines.all.size;
    run += lines.run.size;
  }
  return { all, run, share: all === 0 ? 1 : run / all };
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

const print = (name, { all, run, share }) => process.stdout.write(`${name.padEnd(20)} ${String(run).padStart(6)} of ${String(all).padStart(6)} lines  ${percent(share)}\n`);
