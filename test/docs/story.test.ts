/** The README's commands, in order, on a real `up`, with the real Claude Code CLI and the real `temporal`; outputs are as shown. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDb } from '../../src/db/client.ts';
import { readInbox } from '../../src/db/inbox.ts';
import { readStarted } from '../../src/embedded/started.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/sshd.ts';
import { blocksOf, type Block } from './blocks.ts';
import { interruptWhen, openConsole, type Console, type Started } from './console.ts';
import { mismatch, stepsOf, type Step } from './samples.ts';

const UP = './bin/holdpoint up';

let shell: Console;
let up: Started | null = null;
/** Where `up` listens here: other stacks of this machine may have the ports of the page. */
let ports: Record<'postgres' | 'temporal' | 'ui', number>;

beforeAll(async () => {
  ports = { postgres: await freePort(), temporal: await freePort(), ui: await freePort() };
  shell = await openConsole({ TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}` });
});

afterAll(async () => {
  up?.interrupt();
  await up?.ended;
  await shell.close();
});

const differs = (step: Step, output: string): string | null => mismatch(step.sample, output, shell.home);

async function bringUp(step: Step): Promise<void> {
  up = shell.begin(`${UP} --postgres-port ${ports.postgres} --temporal-port ${ports.temporal} --ui-port ${ports.ui}`);
  const { output } = up;
  await eventually(() => differs(step, output()) === null, { timeoutMs: 90_000, what: 'up' }).catch(() => undefined);
  expect(differs(step, output())).toBeNull();
}

/** Straight from the database: a command costs the machine half a second. */
async function asked(id: string): Promise<void> {
  const database = readStarted(join(shell.dir, '.holdpoint/started.json'))?.addresses?.database ?? '';
  const { db, close } = openDb(database, { max: 1 });
  try {
    await eventually(async () => (await readInbox(db)).some((question) => question.id === id), { timeoutMs: 120_000, everyMs: 200, what: id });
  } finally {
    await close();
  }
}

async function runStep(step: Step): Promise<void> {
  if (step.command === UP) return bringUp(step);
  if (step.interrupted) {
    const started = shell.begin(step.command);
    await interruptWhen(started, () => differs(step, started.output()) === null, step.command).catch(() => undefined);
    return expect(differs(step, started.output())).toBeNull();
  }
  const { code, output } = await shell.run(step.command);
  expect({ command: step.command, code, differs: differs(step, output) }).toEqual({ command: step.command, code: 0, differs: null });
}

const blocks = blocksOf('README.md').filter(({ lang, attributes }) => lang === 'console' && attributes['not-run'] === undefined && attributes['run-by'] === undefined);
let isBroken = false;

test.each(blocks.map((block): [string, Block] => [`${block.where} ${block.text.split('\n')[0]}`, block]))('%s', async (_, { text, attributes }) => {
  // What comes later stands on what came before.
  if (isBroken) throw new Error('a command before this one has failed');
  isBroken = true;
  if (attributes['when']) await asked(attributes['when']);
  for (const step of stepsOf(text)) {
    if (step.command.includes('--register-only')) shell.beginAnew();
    await runStep(step);
  }
  isBroken = false;
}, 400_000);

test('what `up` started ends with `down`', async () => {
  if (isBroken || !up) throw new Error('it never came to that');
  expect(await up.ended).toBe(0);
});
