/**
 * Tests that need a program this machine may lack. Without it they are skipped and say so in their names, which `npm test`
 * lists at its end; in CI, where everything is installed, a skipped test is a failed one (scripts/test/summary.mjs).
 */
import { describe } from '@jest/globals';

/** `describe` when `isThere`; otherwise its tests are skipped, as "… [needs PROGRAM]". */
export function describeWith(program: string, isThere: boolean, name: string, body: () => void): void {
  if (isThere) describe(name, body);
  else describe.skip(`${name} [needs ${program}]`, body);
}
