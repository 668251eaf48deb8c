/** A program of global-setup's: bundles workflow code with counters of what it runs, once for all files, into the file named. */
import { writeFile } from 'node:fs/promises';
import { WorkflowCoverage } from '@temporalio/nyc-test-coverage';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundleOptions } from '../../src/temporal/bundle.ts';
import { WORKFLOWS } from './workflow-code.ts';

// Adds nothing unless coverage is being counted, which it takes from this name.
Object.assign(globalThis, { __coverage__: {} });
const quiet = (): void => undefined;
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error };
const [outFile = ''] = process.argv.slice(2);
const { code } = await bundleWorkflowCode({ ...new WorkflowCoverage().augmentBundleOptions(bundleOptions(WORKFLOWS)), logger });
await writeFile(outFile, code);
