/**
 * What writes the lines on the host, in both arms: `node writer.mts LINES PER_SECOND BYTES`. Each line carries its number and
 * the monotonic clock read just before the write; that clock is one for all processes of a machine.
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A stream is measured once it flows: an agent takes longer than this before its first word. */
const BEFORE_FIRST_MS = 500;

const [lines = 0, perSecond = 1, bytes = 0] = process.argv.slice(2).map(Number);
const text = 'x'.repeat(bytes);
const print = (line: object): unknown => writeSync(1, `${JSON.stringify(line)}\n`);

print({ event: 'init', session: 'bench', version: '1' });
const start = performance.now() + BEFORE_FIRST_MS;
for (let n = 1; n <= lines; n += 1) {
  const wait = start + ((n - 1) * 1_000) / perSecond - performance.now();
  if (wait > 0) await sleep(wait);
  print({ event: 'text', n, at: String(process.hrtime.bigint()), text });
}
// A turn that needs neither checks nor a review afterwards: what comes after the stream is not measured here.
print({ event: 'result', outcome: { kind: 'refused', message: 'the benchmark has written all its lines' }, costUsd: 0 });
