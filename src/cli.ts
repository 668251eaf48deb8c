#!/usr/bin/env node
/** The `holdpoint` command: the process around the program of src/cli. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './cli/program.ts';
import type { Install } from './cli/session.ts';
import { WORKER_FLAGS } from './embedded/worker-flags.ts';

const ROOT = join(import.meta.dirname, '..');
/** Sources in a clone, compiled files in an installed package. */
const SUFFIX = existsSync(join(import.meta.dirname, 'worker.ts')) ? 'ts' : 'js';
const QUIET = '--disable-warning=ExperimentalWarning';

const install: Install = {
  version: (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version,
  root: ROOT,
  self: [process.execPath, QUIET, join(import.meta.dirname, `cli.${SUFFIX}`)],
  worker: [process.execPath, ...WORKER_FLAGS, join(import.meta.dirname, `worker.${SUFFIX}`)],
  hostBundle: join(ROOT, 'build/host.mjs'),
};

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C does not wait for an orderly end.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new Error(signal));
  });
}

const { stdin, stdout, stderr, env } = process;
// A reader that has gone away (head, less) ends the output, not the command.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await runProgram(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd(), signal: interrupt.signal }, install);
// What an interrupted command was waiting for is not waited for.
if (interrupt.signal.aborted) process.exit();
