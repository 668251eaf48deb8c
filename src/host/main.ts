/**
 * Entry point of the program that runs beside the code: `serve [--state DIR]` answers JSON-RPC on stdio until its standard
 * input ends; `supervise DIR` carries one run and is started by `serve`, detached. Only this file reads the environment.
 */
import { homedir } from 'node:os';
import { resolve, join } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from './serve.ts';
import type { HostSettings } from './settings.ts';
import { supervise } from './supervise/supervise.ts';

declare const HOLDPOINT_VERSION: string | undefined;

function settings(state: string | undefined): HostSettings {
  return {
    stateDir: resolve(state ?? join(homedir(), '.cache', 'holdpoint')),
    env: process.env,
    program: [process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')],
    version: typeof HOLDPOINT_VERSION === 'undefined' ? 'source' : HOLDPOINT_VERSION,
  };
}

async function main(): Promise<number> {
  process.umask(0o077);
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { state: { type: 'string' } } });
  const [command, dir] = positionals;
  if (command === 'serve' && positionals.length === 1) return serve(settings(values.state));
  if (command === 'supervise' && dir !== undefined) return supervise(dir);
  process.stderr.write('usage: host.mjs serve [--state DIR] | host.mjs supervise DIR\n');
  return 2;
}

process.exit(await main());
