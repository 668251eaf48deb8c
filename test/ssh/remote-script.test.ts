import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { commandLine, quote } from '../../src/ssh/remote-script.ts';
import { describeWith } from '../support/needs.ts';

const SHELLS = ['sh', 'dash', 'bash', 'zsh', 'fish', 'csh', 'tcsh'];
const installed = (shell: string): boolean => ['/bin', '/usr/bin', '/usr/local/bin'].some(dir => existsSync(`${dir}/${shell}`));

const HOSTILE = `it's "quoted" $HOME \`id\` $(id) \\ \\' ! !! ^a^b ~ % * ? [x] {a,b} # ; | & < > äöü 日本 \t\n second line ${'long '.repeat(400)}end`;

function run(shell: string, command: string, input = ''): string {
  const result = spawnSync(shell, ['-c', command], { input, encoding: 'utf8', env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' } });
  return result.stdout;
}

describe('a script of ours on a login shell', () => {
  for (const shell of SHELLS) {
    describeWith(shell, installed(shell), shell, () => {
      test('arrives byte by byte', () => {
        expect(run(shell, commandLine(`printf %s ${quote(HOSTILE)}`))).toBe(HOSTILE);
      });

      test('of any length modulo three', () => {
        for (const text of ['', 'a', 'ab', 'abc', 'abcd']) expect(run(shell, commandLine(`printf %s ${quote(text)}`))).toBe(text);
      });

      test('reads its standard input from the first byte', () => {
        expect(run(shell, commandLine('cat; echo end'), `data ${HOSTILE}`)).toBe(`data ${HOSTILE}end\n`);
      });
    });
  }

  test('cannot hold NUL', () => {
    expect(() => quote('a\0b')).toThrow('NUL');
  });
});
