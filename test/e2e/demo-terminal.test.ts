/**
 * The demo on a terminal: a person answers with arrow keys and a note, then gives up with Ctrl-C at the next question. It runs
 * as on a machine without sshd.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { openDb } from '../../src/db/client.ts';
import { eventually } from '../support/eventually.ts';
import { commandOf, pidsNaming } from '../support/marked-processes.ts';
import { CLEAN_PATH } from '../support/service.ts';
import { KEY, onTerminal, openTerminal } from '../support/terminal.ts';

const HOLDPOINT = join(import.meta.dirname, '../../bin/holdpoint');
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-terminal-'));
  mkdirSync(join(dir, 'home'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = (): Record<string, string> => ({
  PATH: CLEAN_PATH, HOME: join(dir, 'home'), LANG: 'C.UTF-8', TMPDIR: tmpdir(), TEMPORAL_BIN: process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '',
});

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
  const terminal = openTerminal(`${process.execPath} ${HOLDPOINT} demo --no-sshd`, { cwd: dir, env: env() });
  try {
    await terminal.sees('SSH host demo-host: ssh2 (no usable sshd is installed) on 127.0.0.1:', 120_000);
    await terminal.sees('● approve', 240_000);
    terminal.type(KEY.down);
    await terminal.sees('● revise');
    terminal.type(KEY.up + KEY.enter);
    await terminal.sees('A note for the next prompt');
    terminal.type(`well done${KEY.enter}`);
    await terminal.sees(`milestone_completion.1: approve, answered by ${userInfo().username}`);
    expect(await eventually(storedAnswer, { what: 'the stored answer' })).toEqual({ action: 'approve', note: 'well done', answered_by: userInfo().username, via: 'update' });

    await terminal.sees('● approve', 240_000);
    terminal.type(KEY.ctrlC);
    expect(await terminal.exited).toBe(130);
    expect(terminal.shown()).not.toContain('defect');
    await eventually(() => pidsNaming(dir).length === 0, { what: 'the end of all its processes' });
  } finally {
    terminal.child.kill();
    await terminal.exited;
  }
}, 600_000);
