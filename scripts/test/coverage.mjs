// Holds the coverage of lines against the thresholds, folder by folder. What no test ran is listed in coverage/not-run.txt.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countLines } from './line-counts.mjs';

/** Least share of lines that tests run, per folder under src; '' is all of it. */
export const THRESHOLDS = { domain: 0.9, host: 0.9, workflows: 0.9, '': 0.85 };

/** An empty folder for what started processes write. */
export function coverageFolder(root) {
  const folder = join(root, 'coverage/processes');
  rmSync(join(root, 'coverage'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Returns one `{name, ok}` per threshold; prints a table of folders, and the files to look at when one is not met. */
export function coverageFindings(root) {
  const files = countLines({ root, report: join(root, 'coverage/coverage-final.json'), runs: join(root, 'coverage/processes') });
  writeFileSync(join(root, 'coverage/not-run.txt'), listOf(files, Infinity));
  const folders = [...new Set([...files.keys()].map((file) => file.split('/')[1]))].sort();
  for (const folder of folders) if (!folder.includes('.')) print(`src/${folder}`, shareOf(files, `src/${folder}/`));
  return Object.entries(THRESHOLDS).map(([folder, least]) => findingOf(files, folder ? `src/${folder}/` : 'src/', least));
}

function findingOf(files, prefix, least) {
  const { share } = shareOf(files, prefix);
  const ok = share >= least;
  const name = `coverage of ${prefix}: ${percent(share)} of lines, at least ${percent(least)}`;
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}  ${name}\n`);
  if (!ok) process.stdout.write(listOf(new Map([...files].filter(([file]) => file.startsWith(prefix))), 15));
  return { name, ok };
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

/** The files with the most lines that nothing ran, and those lines. */
function listOf(files, most) {
  const gaps = [...files].map(([file, { all, run }]) => ({ file, lines: [...all].filter((line) => !run.has(line)).sort((a, b) => a - b) }));
  const worst = gaps.filter(({ lines }) => lines.length > 0).sort((a, b) => b.lines.length - a.lines.length);
  return worst.slice(0, most).map(({ file, lines }) => `  ${String(lines.length).padStart(4)}  ${file}:${lines.join(',')}\n`).join('');
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

const print = (name, { all, run, share }) => process.stdout.write(`${name.padEnd(20)} ${String(run).padStart(6)} of ${String(all).padStart(6)} lines  ${percent(share)}\n`);
