// What the processes that tests started have run, as Node wrote it down (NODE_V8_COVERAGE). Type stripping leaves every
// character where it was, so V8's offsets are those of the .ts file.
import { readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Reads one process after the other: `visit(file, ranges)` once per source file below `folder` that it loaded. Removes what it has read. */
export function readRuns(folder, sources, visit) {
  const prefix = pathToFileURL(`${sources}/`).href;
  let processes = 0;
  for (const name of filesIn(folder)) {
    for (const script of scriptsIn(join(folder, name))) {
      if (script.url.startsWith(prefix)) visit(join(sources, decodeURIComponent(script.url.slice(prefix.length))), rangesOf(script));
    }
    unlinkSync(join(folder, name));
    processes += 1;
  }
  return processes;
}

/** A process that was killed while it wrote leaves half a file. */
function scriptsIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).result;
  } catch {
    return [];
  }
}

const rangesOf = ({ functions }) => functions.flatMap(({ ranges }) => ranges);

/** True when the innermost range around `offset` was entered. */
export function wasRun(ranges, offset) {
  let inner;
  for (const range of ranges) {
    if (range.startOffset > offset || range.endOffset <= offset) continue;
    if (!inner || range.endOffset - range.startOffset <= inner.endOffset - inner.startOffset) inner = range;
  }
  return inner !== undefined && inner.count > 0;
}

function filesIn(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
