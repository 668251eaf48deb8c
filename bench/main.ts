/**
 * `npm run bench`: real servers, the chosen benchmarks one after the other, rows. Exit codes: 0, also where nothing can be
 * said; 1 when a condition does not hold; 2 for a wrong command line or a benchmark that broke; 130 when interrupted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseBenchArgs, USAGE, type BenchArgs } from './args.ts';
import type { Benchmark, Context, Samples } from './benchmark.ts';
import { BENCHMARKS } from './benchmarks.ts';
import { lookAtMachine } from './machine.ts';
import { writeDocs, type Result } from './report/docs.ts';
import { writeRaw } from './report/raw.ts';
import { tableOf } from './report/text.ts';
import { rowsOf } from './row.ts';
import { createServers } from './servers.ts';

const ROOT = join(import.meta.dirname, '..');
const IDS = BENCHMARKS.map(({ id }) => id);
const say = (line: string): unknown => process.stderr.write(`${line}\n`);

/** A benchmark that breaks gives rows without numbers, and the exit code says so. */
async function samplesOf(benchmark: Benchmark, context: Context): Promise<Samples> {
  try {
    return await benchmark.run(context);
  } catch (error) {
    say(`${benchmark.id} broke: ${error instanceof Error ? error.stack : String(error)}`);
    process.exitCode = 2;
    return { kind: 'unavailable', reason: `broke: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function runOne(benchmark: Benchmark, context: Context, args: BenchArgs): Promise<Result> {
  const dir = join(context.dir, benchmark.id);
  mkdirSync(dir);
  const machine = await lookAtMachine(args.smoke ? 100 : undefined);
  say(`${benchmark.id}: load ${machine.load}, ${machine.busyCores} of ${machine.cores} cores busy with other work`);
  const samples = await samplesOf(benchmark, { ...context, dir });
  if (args.raw !== null) writeRaw(resolve(args.raw), benchmark, samples);
  return { benchmark, samples, rows: rowsOf(benchmark, samples, machine) };
}

async function runAll(args: BenchArgs): Promise<Result[]> {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-bench-'));
  const servers = createServers(dir, process.env.TEMPORAL_BIN ?? 'temporal');
  const end = async (): Promise<void> => {
    await servers.close();
    // What is still ending may write once more.
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().finally(() => process.exit(130)));
  try {
    const context = { smoke: args.smoke, servers, dir, path: process.env.PATH ?? '', log: say };
    const results: Result[] = [];
    for (const one of BENCHMARKS.filter(({ id }) => args.ids.length === 0 || args.ids.includes(id))) results.push(await runOne(one, context, args));
    return results;
  } finally {
    await end();
  }
}

function readArgs(): BenchArgs | undefined {
  try {
    return parseBenchArgs(process.argv.slice(2), IDS);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

const args = readArgs();
if (args) {
  const results = await runAll(args);
  const rows = results.flatMap((result) => result.rows);
  process.stdout.write(`${args.json ? JSON.stringify(rows) : tableOf(rows)}\n`);
  if (args.writeDocs && process.exitCode === undefined) writeDocs(ROOT, results, IDS);
  if (process.exitCode === undefined && rows.some(({ holds }) => holds === false)) process.exitCode = 1;
}
