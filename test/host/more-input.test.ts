/** A run can be told more while it lasts: once each, until its output says that it is done; its end, a cancel and a dead supervisor take no more. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Bench, exitOf, follow, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const UNTIL = { moreInput: { until: { type: 'result' } } };

/** Repeats each line of its input; `end` makes it say that it is done. */
const ECHO = 'while read -r line; do case "$line" in end) echo "{\\"cost\\":1,\\"type\\":\\"result\\"}";; *) echo "heard $line";; esac; done; echo over';

const start = (key: string, script = ECHO, stdin = 'first\n') =>
  host.call('startRun', bench.run(key, '', [], { command: 'sh', args: ['-c', script], stdin, ...UNTIL }));

const outOf = (key: string): string => readFileSync(join(bench.directoryOf(key), 'out'), 'utf8');
const says = (key: string, text: string) => eventually(() => outOf(key).includes(text), { what: `${key} to say ${text}` });
const send = (key: string, id: string, text: string) => host.call('sendInput', { key, id, text });

test('each id is handed on once, also through another program; the line that says the end closes the input', async () => {
  await start('told');
  expect(await send('told', 'a', 'second\n')).toEqual({ sent: true });
  expect(await (await bench.program()).call('sendInput', { key: 'told', id: 'a', text: 'second\n' })).toEqual({ sent: true });
  expect(await send('told', 'b', 'end\n')).toEqual({ sent: true });
  expect(await exitOf(host, 'told')).toMatchObject({ code: 0, reason: 'exited' });
  expect((await follow(host, 'told')).toString()).toBe('heard first\nheard second\n{"cost":1,"type":"result"}\nover\n');
  expect(await send('told', 'c', 'late\n')).toEqual({ sent: false });
});

test('text that only looks like the end is none: not in another member, not in a line that is not JSON', async () => {
  const script = 'echo "{\\"text\\":\\"a \\\\\\"type\\\\\\":\\\\\\"result\\\\\\" of it\\"}"; echo "{\\"inner\\":{\\"type\\":\\"result\\"}}"; echo "not \\"type\\":\\"result\\""; read -r line; echo "heard $line"; echo "{\\"type\\":\\"result\\"}"; cat';
  await start('seems', script, '');
  await says('seems', 'not "type"');
  expect(await send('seems', 'a', 'still open\n')).toEqual({ sent: true });
  expect(await exitOf(host, 'seems')).toMatchObject({ code: 0 });
  expect(outOf('seems')).toContain('heard still open');
});

test('an end in the middle of a long stream, written in pieces, is seen', async () => {
  const script = 'i=0; while [ $i -lt 3000 ]; do echo "{\\"type\\":\\"text\\",\\"n\\":$i}"; i=$((i+1)); done; printf "{\\"type\\":\\"res"; sleep 0.3; printf "ult\\"}\\n"; cat; echo over';
  await start('pieces', script, '');
  expect(await exitOf(host, 'pieces')).toMatchObject({ code: 0 });
  expect(outOf('pieces')).toMatch(/over\n$/);
});

test('a run that was not asked for more takes none, nor does one that is not there or whose supervisor is dead', async () => {
  await host.call('startRun', bench.run('closed', '', [], { command: 'sh', args: ['-c', 'cat; echo over; sleep 600'], stdin: 'x\n' }));
  await says('closed', 'over');
  expect(await send('closed', 'a', 'more\n')).toEqual({ sent: false });
  expect(await send('nobody', 'a', 'more\n')).toEqual({ sent: false });
  await start('orphan');
  await says('orphan', 'heard first');
  process.kill(bench.supervisorOf('orphan'), 'SIGKILL');
  await eventually(async () => (await send('orphan', 'a', 'more\n')).sent === false, { what: 'the dead supervisor to take no more' });
  // Its input has ended with its supervisor: it is not left waiting for ever.
  await says('orphan', 'over');
});

test('a cancel ends a run that waits for more input', async () => {
  await start('cancelled');
  await says('cancelled', 'heard first');
  const { killed } = await host.call('cancelRun', { key: 'cancelled', graceMs: 60_000 });
  expect(killed).toEqual([]);
  expect(await exitOf(host, 'cancelled')).toMatchObject({ reason: 'cancelled' });
  expect(existsSync(join(bench.directoryOf('cancelled'), 'exit'))).toBe(true);
});

test('a spec that would never end its input is refused', async () => {
  const refused = await host.failure('startRun', bench.run('never', '', [], { command: 'cat', args: [], moreInput: { until: {} } }));
  expect(refused).toEqual({ kind: 'bad_input', message: 'spec.moreInput.until is empty: its input would never end' });
});
