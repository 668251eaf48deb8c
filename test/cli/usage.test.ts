/** How the command line itself answers: help, version, mistakes, and one document for each error with --json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { errorOf } from '../support/documents.ts';
import { scratch } from '../support/scratch.ts';

const { cli, remove } = scratch();
afterAll(remove);

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };

describe('help', () => {
  test('lists the commands and the exit codes, and is no error', async () => {
    const { code, stdout, stderr } = await cli('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const commands = ['demo', 'up', 'down', 'worker', 'migrate', 'init', 'validate', 'doctor', 'start', 'plan', 'status', 'inbox', 'answer', 'logs', 'transcript', 'diff',
      'checkpoints', 'restore', 'compare', 'blame', 'fork', 'decisions', 'rejudge', 'metrics', 'pause', 'resume', 'cancel', 'steer', 'extend', 'notify', 'drill', 'schema'];
    const listed = stdout.split('\n').flatMap((line) => /^  ([a-z-]+) .*\s{2}\S/.exec(line)?.[1] ?? []);
    expect(listed).toEqual([...commands, 'help']);
    expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 bad usage or bad input, 3 not found, 4 refused');
  });

  test.each([[['status', '--help']], [['help', 'status']]])('of one command: %j', async (args) => {
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: holdpoint status \[options\] \[project\]\n/);
    expect(stdout).toContain('--watch');
    expect(stdout).toContain('--json');
  });

  test('without a command it is on stderr, and bad usage', async () => {
    const { code, stdout, stderr } = await cli();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: holdpoint/);
  });

  test('--version is the version and nothing else', async () => {
    expect(await cli('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

const MISTAKES: [string[], string, string][] = [
  [['stats'], "unknown command 'stats': did you mean status?", 'see `holdpoint --help`'],
  [['status', '--wach'], "unknown option '--wach': did you mean --watch?", 'see `holdpoint status --help`'],
  [['answer', 'p/m/milestone_completion.1'], "missing required argument 'action'", 'see `holdpoint answer --help`'],
  [['validate'], "missing required argument 'plan'", 'see `holdpoint validate --help`'],
  [['inbox', 'one'], "too many arguments for 'inbox'. Expected 0 arguments but got 1: one.", 'see `holdpoint inbox --help`'],
  [['answer', 'a', 'b', '--note'], "option '--note <text>' argument missing", 'see `holdpoint answer --help`'],
];

describe('bad usage', () => {
  test.each(MISTAKES)('%j', async (args, message, hint) => {
    expect(await cli(...args)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n  ${hint}\n` });
  });

  test.each(MISTAKES.slice(0, -1))('%j with --json is one document on stdout and nothing else', async (args, message, hint) => {
    const result = await cli(...args, '--json');
    expect(result).toMatchObject({ code: 2, stderr: '' });
    expect(errorOf(result)).toEqual({ kind: 'bad_input', message, hint });
  });
});

describe('a variable of ours that does not exist', () => {
  test('is named, with the one that was meant; commands that need no settings do not mind', async () => {
    const wrong = scratch({ HOLDPOINT_LOGLEVEL: 'debug' });
    const result = await wrong.cli('status', '--json');
    expect(result.code).toBe(2);
    expect(errorOf(result)).toMatchObject({ kind: 'bad_input', message: expect.stringContaining('HOLDPOINT_LOGLEVEL: unknown variable (did you mean "HOLDPOINT_LOG_LEVEL"?') });
    expect(await wrong.cli('schema')).toMatchObject({ code: 0 });
    wrong.remove();
  });
});
