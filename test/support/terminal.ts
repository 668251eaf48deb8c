/** A program on a terminal, typed to by a test: the pseudo terminal of util-linux' `script`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { test } from '@jest/globals';
import { eventually } from './eventually.ts';

const SCRIPT = '/usr/bin/script';

/** `test` where there is such a terminal; otherwise the test is skipped. */
export const onTerminal = existsSync(SCRIPT) ? test : test.skip;

export const KEY = { down: '\x1b[B', up: '\x1b[A', left: '\x1b[D', enter: '\r', ctrlC: '\x03' };

export interface Terminal {
  child: ChildProcess;
  /** All that was shown, without colours and movements. */
  shown: () => string;
  type: (keys: string) => void;
  /** Waits for text that is shown after what was waited for before. */
  sees: (text: string, timeoutMs?: number) => Promise<void>;
  exited: Promise<number | null>;
}

/** `command`: for the shell, without blanks in its words. End it with `child.kill()` and await `exited`. */
export function openTerminal(command: string, { cwd, env }: { cwd: string; env: Record<string, string> }): Terminal {
  const child = spawn(SCRIPT, ['-qfec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'], { cwd, env: { TERM: 'xterm', SHELL: '/bin/sh', ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  const shown = (): string => stripVTControlCharacters(out);
  return {
    child, shown,
    type: (keys) => void child.stdin.write(keys),
    sees: async (text, timeoutMs = 60_000) => {
      const at = await eventually(() => {
        const found = shown().indexOf(text, seen);
        return found < 0 ? undefined : found + 1;
      }, { timeoutMs, what: `"${text}"` }).catch((error: Error) => {
        throw new Error(`${error.message}\nthe terminal shows: ${shown().slice(-800)}`);
      });
      seen = at - 1 + text.length;
    },
    exited: new Promise((resolve) => child.once('close', resolve)),
  };
}
