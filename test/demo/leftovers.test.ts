/** The proof that a demo leaves nothing, and its last resort. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { endAllOf, leftovers, processesOf } from '../../src/demo/leftovers.ts';
import { processStart } from '../../src/embedded/process-identity.ts';

const HOME = `/nowhere/${process.pid}`;
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

async function start(code: string, home = HOME): Promise<number> {
  const child = spawn(process.execPath, ['-e', `${code}; console.log('up'); setInterval(() => {}, 1e6)`], { env: { HOME: home }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

test('what runs with the home is found, and what was started by its mark; another home is not ours', async () => {
  const mine = await start('');
  const other = await start('', `${HOME}/other`);
  expect(processesOf(HOME)).toEqual([mine]);
  expect(await leftovers([{ pid: other, start: 'of another process' }], null)).toEqual([]);
  expect((await leftovers([{ pid: other, start: processStart(other) ?? '' }], HOME, 0)).sort()).toEqual([mine, other].sort());
});

test('what ends by itself within the grace is not left over', async () => {
  await start('setTimeout(() => process.exit(), 300)');
  expect(await leftovers([], HOME)).toEqual([]);
});

test('the last resort ends also what does not want to, and nobody else', async () => {
  await start("process.on('SIGTERM', () => {})");
  const other = await start('', `${HOME}/other`);
  await endAllOf(HOME);
  expect(processesOf(HOME)).toEqual([]);
  expect(processStart(other)).toBeDefined();
});
