/** All samples, one JSON file per series: `{key, unit, rounds: [{ours, anchor}]}`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Samples } from '../benchmark.ts';

export function writeRaw(folder: string, { series }: Benchmark, samples: Samples): void {
  if (samples.kind !== 'measured') return;
  mkdirSync(folder, { recursive: true });
  for (const { key, unit } of series) writeFileSync(join(folder, `${key}.json`), `${JSON.stringify({ key, unit, rounds: samples.rounds[key] })}\n`);
}
