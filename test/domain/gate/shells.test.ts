/**
 * The reading of command lines against the shells themselves: random lines run in a folder where every program only
 * writes down its own name and arguments. Whatever a shell ran must be among the commands that were read.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readShellLine } from '../../../src/domain/gate/shell-parts.ts';
import { pick, seededRandom } from '../../support/random.ts';

const PROGRAMS = ['aa', 'bb', 'evil'];
const WORDS = [
  'x', '1', ' 2', "'y z'", '"x"', "'", '"', '\\', '\\\n', '#', ' #x', '$', '$?', '$x', '$(evil)', '`evil`', '(', ')', '{', '}', '{aa,evil}', ',', '=', '*', '!', '~', '[', ']',
  '>f', '> f', '2>f', '<f', '2>&1', '>&g', '&>g', '>', '<', '<<', '<<<', ' ', ' ', ' ', ' evil', ' -c', '"a;evil"', "'&& evil'", '\\;evil',
];
const JOINTS = [';', ' && ', '||', ' | ', '|&', '\n', ' & ', '&', ';;', ' ; ', ')', '(', '; (', ' #', '\\\n'];
const STARTS = ['aa', 'bb', 'aa', 'bb ', 'evil', '(aa)', '( bb', 'X=1 aa', '{ aa', "'aa'", 'a\\a', '! aa', '>f aa', 'if aa'];
const LINES = 120;
const SHELLS = ['/bin/bash', '/bin/zsh', '/bin/dash'].filter(existsSync);

let folder = '';
let bin = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hp-shells-'));
  bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of PROGRAMS) {
    const path = join(bin, program);
    // One write each: commands behind `&` and `|` run at the same time.
    writeFileSync(path, `#!/bin/sh\nall='${program}'\nus=$(printf '\\037')\nfor a; do all="$all$us$a"; done\nprintf '%s\\036' "$all" >> "$RAN"\n`);
    chmodSync(path, 0o755);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lineOf(random: () => number): string {
  const some = (most: number, pieces: string[]): string => Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(random, pieces)).join('');
  const command = (): string => `${pick(random, STARTS)} ${some(3, WORDS)}`;
  return Array.from({ length: 1 + Math.floor(random() * 3) }, command).join(pick(random, JOINTS));
}

function runIn(shell: string, line: string): string[] {
  const work = mkdtempSync(join(folder, 'work-'));
  // A file of its own: what runs behind `&` may write after its shell has ended.
  const ran = `${work}.ran`;
  writeFileSync(ran, '');
  // `-f` keeps zsh from the user's own files; an end-less read has nothing to read.
  spawnSync(shell, [...(shell.endsWith('zsh') ? ['-f'] : []), '-c', line], { cwd: work, env: { PATH: bin, RAN: ran, HOME: work }, input: '', timeout: 5000 });
  return readFileSync(ran, 'utf8').split('\x1e').filter(Boolean);
}

test('every command that a shell runs was read as one', () => {
  const random = seededRandom(11);
  let readable = 0;
  let commands = 0;
  for (let round = 0; round < LINES * 20 && readable < LINES; round += 1) {
    const line = lineOf(random);
    const read = readShellLine(line);
    if (read.kind === 'unreadable' || read.parts.length === 0) continue;
    readable += 1;
    const expected = read.parts.map(({ words, assignments }) => words.slice(assignments).map(({ value }) => value).join('\x1f'));
    for (const shell of SHELLS) {
      const ran = runIn(shell, line);
      commands += ran.length;
      const hidden = ran.filter((command) => !expected.includes(command));
      if (hidden.some((command) => !isExpansion(command, line, expected))) expect({ shell, line, ran, expected }).toBe('read as it ran');
    }
  }
  expect(readable).toBe(LINES);
  expect(commands).toBeGreaterThan(LINES);
});

/** Arguments with `*`, `[`, `~` or `$?` are read unexpanded; the program may still not be another one. */
const isExpansion = (command: string, line: string, expected: string[]): boolean =>
  /[*[~]|\$\?/.test(line) && expected.some((one) => one.split('\x1f')[0] === command.split('\x1f')[0]);

test('the programs of this test do say what ran', () => {
  expect(runIn('/bin/sh', 'aa "b c" d; evil')).toEqual(['aa\x1fb c\x1fd', 'evil']);
  expect(() => execFileSync('/bin/sh', ['-c', 'true'])).not.toThrow();
});
