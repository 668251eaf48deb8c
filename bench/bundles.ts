/** What runs bundled is built from today's sources; does nothing when it is current. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);

export const WORKFLOW_BUNDLE = join(ROOT, 'build/workflows.js');

/** The host program and the workflows. */
export async function buildBundles(): Promise<void> {
  for (const script of ['build-host.mjs', 'build-workflows.mjs']) await run(process.execPath, [join(ROOT, 'scripts', script)], { cwd: ROOT });
}
