/**
 * Entry point of the program that runs beside the code: `serve [--state DIR]` answers JSON-RPC on stdio until its standard
 * input ends; `forced [--state DIR]` does so as the forced command of an SSH key; `supervise PLACE` carries the one run that it is told
 * on its standard input, and is started by `serve`, detached. Only this file reads the environment.
 */
import { homedir } from 'node:os';
import { resolve, join } from 'node:path';
import { parseArgs } from 'node:util';
import { forced } from './forced.ts';
import { serve } from './serve.ts';
import type { HostSettings } from './settings.ts';
import { supervise } from './supervise/supervise.ts';

declare const HOLDPOINT_VERSION: string | undefined;

/** This program. */
const FILE = resolve(process.argv[1] ?? '');

function settings(state: string | undefined): HostSettings {
  const folder = join(homedir(), '.cache', 'holdpoint');
  return {
    stateDir: resolve(state ?? folder),
    fenceDir: join(folder, 'fences'),
    env: process.env,
    program: [process.execPath, ...process.execArgv, FILE],
    version: typeof HOLDPOINT_VERSION === 'undefined' ? 'source' : HOLDPOINT_VERSION,
  };
}

/** In the home folder, as a command of the worker's own would be. */
function serveForced(state: string | undefined): Promise<number> {
  const asked = process.env['SSH_ORIGINAL_COMMAND'];
  delete process.env['SSH_ORIGINAL_COMMAND'];
  const options = state === undefined ? [] : ['--state', resolve(state)];
  process.chdir(homedir());
  return forced({ asked, self: FILE, options, serve: () => serve(settings(options[1])) });
}

async function main(): Promise<number> {
  process.umask(0o077);
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { state: { type: 'string' } } });
  const [command, place] = positionals;
  if (command === 'serve' && positionals.length === 1) return serve(settings(values.state));
  if (command === 'forced' && positionals.length === 1) return serveForced(values.state);
  if (command === 'supervise' && place !== undefined) return supervise();
  process.stderr.write('usage: host.mjs serve [--state DIR] | host.mjs forced [--state DIR] | host.mjs supervise PLACE\n');
  return 2;
}

process.exit(await main());
