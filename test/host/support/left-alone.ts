/** When a snapshot trusts what a file looks like, and does not read it again. */
import { lstatSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';

/** A little more than the time within which two changes may look alike. */
const TRUSTED_MS = 2_100;

/** Until the file has been left alone for so long. */
export const leftAlone = (file: string): Promise<boolean> =>
  eventually(() => Date.now() - lstatSync(file).ctimeMs > TRUSTED_MS, { timeoutMs: 60_000, what: `${file} to be left alone` });
