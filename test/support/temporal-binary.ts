/** The `temporal` program the tests run: the one named, else the bootstrap's, else the one on PATH. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function temporalBinary(root: string): string {
  const named = process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? process.env.TEMPORAL_BIN;
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'temporal'));
  const found = [named, join(root, '.holdpoint/tools/temporal-1.9.1/temporal'), ...onPath].find((file) => file && existsSync(file));
  if (!found) throw new Error('no temporal program: run the tests with `npm test`, which fetches one, or set TEMPORAL_BIN');
  return found;
}
