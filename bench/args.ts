/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface BenchArgs {
  ids: string[];
  json: boolean;
  smoke: boolean;
  writeDocs: boolean;
  /** Folder for all samples. */
  raw: string | null;
}

export const USAGE = `npm run bench [-- ID… OPTIONS]
  ID            B1, B10 …; all when none is named
  --json        print one document: an array of rows
  --smoke       once, with tiny numbers: shows that each runs, judges nothing
  --raw DIR     write all samples, one file per series
  --write-docs  write the table of docs/performance.md and the plots in bench/results`;

/** Throws with one sentence for what it does not know. */
export function parseBenchArgs(argv: string[], known: readonly string[]): BenchArgs {
  const options = { json: { type: 'boolean' }, smoke: { type: 'boolean' }, 'write-docs': { type: 'boolean' }, raw: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  const unknown = positionals.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}, only ${known.join(', ')}`);
  const { json = false, smoke = false, raw = null, 'write-docs': writeDocs = false } = values;
  if (smoke && writeDocs) throw new Error('--smoke measures nothing that could be written with --write-docs');
  return { ids: positionals, json, smoke, writeDocs, raw };
}
