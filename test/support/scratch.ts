/** A folder and an environment for commands that need no server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCli, type CliResult } from './cli.ts';

export interface Scratch {
  dir: string;
  /** Explicit and complete. */
  env: Record<string, string>;
  /** Writes a file below `dir` and returns its name. */
  write: (name: string, content: string | Uint8Array) => string;
  /** The CLI in `dir`. */
  cli: (...args: string[]) => Promise<CliResult>;
  remove: () => void;
}

export function scratch(more: Record<string, string> = {}): Scratch {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-cli-'));
  const home = join(dir, 'home');
  mkdirSync(home);
  const env = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8', ...more };
  return {
    dir, env,
    write: (name, content) => {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), content);
      return name;
    },
    cli: (...args) => runCli(args, { env, cwd: dir }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
