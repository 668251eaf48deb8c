/**
 * What writes the lines on the host, in both arms: `node writer.mts LINES PER_SECOND BYTES [FILE]`. Each line carries its number
 * and the monotonic clock read just before the write; that clock is one for all processes of a machine. FILE, when it is there,
 * holds the number of the last line that may be written by now.
 */
import { readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A stream is measured once it flows: an agent takes longer than this before its first word. */
const BEFORE_FIRST_MS = 500;
const LOOK_EVERY_MS = 20;

const [lines = 0, perSecond = 1, bytes = 0] = process.argv.slice(2, 5).map(Number);
const [file = ''] = process.argv.slice(5);
const text = 'x'.repeat(bytes);
const print = (line: object): unknown => writeSync(1, `${JSON.stringify(line)}\n`);

/** All when nobody says otherwise, or does not any more. */
function mayWrite(): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Infinity;
  }
}

let upTo = mayWrite();

/** Returns how long that took, in ms. */
async function untilAllowed(n: number): Promise<number> {
  const since = performance.now();
  while ((upTo = mayWrite()) < n) await sleep(LOOK_EVERY_MS);
  return performance.now() - since;
}

print({ event: 'init', session: 'bench', version: '1' });
let start = performance.now() + BEFORE_FIRST_MS;
for (let n = 1; n <= lines; n += 1) {
  const wait = start + ((n - 1) * 1_000) / perSecond - performance.now();
  if (wait > 0) await sleep(wait);
  if (n > upTo) start += await untilAllowed(n);
  print({ event: 'text', n, at: String(process.hrtime.bigint()), text });
}
// A turn that needs neither checks nor a review afterwards: what comes after the stream is not measured here.
print({ event: 'result', outcome: { kind: 'refused', message: 'the benchmark has written all its lines' }, costUsd: 0 });
