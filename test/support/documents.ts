/** Output of the CLI held against the published documents: parsed, and exactly one document where one is promised. */
import type * as z from 'zod';
import { DOCUMENTS } from '../../src/domain/documents/index.ts';
import type { CliResult } from './cli.ts';

type Documents = typeof DOCUMENTS;

/** Throws unless stdout is one line with one document of that name. */
export function documentOf<N extends keyof Documents>(name: N, { stdout }: Pick<CliResult, 'stdout'>): z.infer<Documents[N]> {
  const [line = '', rest, ...more] = stdout.split('\n');
  if (rest !== '' || more.length > 0) throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  return DOCUMENTS[name].parse(JSON.parse(line)) as z.infer<Documents[N]>;
}

/** JSON lines, each of that name. */
export function linesOf<N extends keyof Documents>(name: N, { stdout }: Pick<CliResult, 'stdout'>): z.infer<Documents[N]>[] {
  return stdout.split('\n').slice(0, -1).map((line) => DOCUMENTS[name].parse(JSON.parse(line)) as z.infer<Documents[N]>);
}

/** `kind` and the rest of an error document. */
export const errorOf = (result: Pick<CliResult, 'stdout'>): z.infer<Documents['error']>['error'] => documentOf('error', result).error;
