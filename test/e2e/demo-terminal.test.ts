/**
 * The demo on a terminal: a person answers with arrow keys and a note, then gives up with Ctrl-C at the next question. It runs
 * as on a machine without sshd. The terminal is a pseudo terminal of util-linux' `script`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDb } from '../../src/db/client.ts';
import { eventually } from '../support/eventually.ts';
import { commandOf, pidsNaming } from '../support/marked-processes.ts';
import { CLEAN_PATH } from '../support/service.ts';

const HOLDPOINT = join(import.meta.dirname, '../../bin/holdpoint');
const SCRIPT = '/usr/bin/script';
const onTerminal = existsSync(SCRIPT) ? test : test.skip;

const KEY = { down: '\x1b[B', up: '\x1b[A', enter: '\r', ctrlC: '\x03' };

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-terminal-'));
  mkdirSync(join(dir, 'home'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Terminal {
  child: ChildProcess;
  /** All that was shown, without colours and movements. */
  shown: () => string;
  type: (keys: string) => void;
  sees: (text: string, timeoutMs?: number) => Promise<void>;
  exited: Promise<number | null>;
}

function openTerminal(command: string): Terminal {
  const env = {
    PATH: CLEAN_PATH, HOME: join(dir, 'home'), LANG: 'C.UTF-8', TERM: 'xterm', TMPDIR: tmpdir(), SHELL: '/bin/sh',
    TEMPORAL_BIN: process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '',
  };
  const child = spawn(SCRIPT, ['-qfec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'], { cwd: dir, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  const shown = (): string => stripVTControlCharacters(out);
  return {
    child, shown,
    type: (keys) => void child.stdin.write(keys),
    sees: async (text, timeoutMs = 20_000) => {
      await eventually(() => shown().includes(text), { timeoutMs, what: `"${text}"` }).catch((error: Error) => {
        throw new Error(`${error.message}\nthe terminal shows: ${shown().slice(-800)}`);
      });
    },
    exited: new Promise((resolve) => child.once('close', resolve)),
  };
}

/** The demo's database, as its worker was told. */
function database(): string {
  const [worker] = pidsNaming(dir).filter((pid) => commandOf(pid).includes('worker.'));
  const entry = readFileSync(`/proc/${worker}/environ`, 'utf8').split('\0').find((one) => one.startsWith('DATABASE_URL='));
  return entry?.slice('DATABASE_URL='.length) ?? '';
}

async function storedAnswer(): Promise<object | undefined> {
  const { db, close } = openDb(database(), { max: 1 });
  const row = await db.selectFrom('breakpoint').select(['action', 'note', 'answered_by', 'via']).where('answered_at', 'is not', null).executeTakeFirst();
  await close();
  return row;
}

onTerminal('a person answers with a note, then leaves with Ctrl-C, and nothing is left', async () => {
  const terminal = openTerminal(`${process.execPath} ${HOLDPOINT} demo --no-sshd`);
  try {
    await terminal.sees('SSH host demo-host: ssh2 (no usable sshd is installed) on 127.0.0.1:', 90_000);
    await terminal.sees('● approve', 150_000);
    terminal.type(KEY.down);
    await terminal.sees('● revise');
    terminal.type(KEY.up + KEY.enter);
    await terminal.sees('A note for the next prompt');
    terminal.type(`well done${KEY.enter}`);
    await terminal.sees(`milestone_completion.1: approve, answered by ${userInfo().username}`);
    expect(await eventually(storedAnswer, { what: 'the stored answer' })).toEqual({ action: 'approve', note: 'well done', answered_by: userInfo().username, via: 'update' });

    const asked = terminal.shown().length;
    await eventually(() => terminal.shown().slice(asked).includes('● approve'), { timeoutMs: 120_000, what: 'the second question' });
    terminal.type(KEY.ctrlC);
    expect(await terminal.exited).toBe(130);
    expect(terminal.shown()).not.toContain('defect');
    expect(pidsNaming(dir).map(commandOf)).toEqual([]);
  } finally {
    terminal.child.kill();
    await terminal.exited;
  }
}, 300_000);
