/** The bundle of workflow code that tests run: built by global-setup from today's sources, with counters in a run with coverage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export const WORKFLOWS = join(root, 'src/workflows/index.ts');

export const COUNTED_BUNDLE = join(root, 'build/workflows-counted.js');

export const workflowCode = (): string => readFileSync(process.env.HOLDPOINT_COVERAGE_DIR ? COUNTED_BUNDLE : join(root, 'build/workflows.js'), 'utf8');
