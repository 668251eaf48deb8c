/** What is said of watching a workspace before anybody watches it; what then happens is in watch-limits.test.ts. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { watchOutlook } from '../../src/host/watch/outlook.ts';
import { Bench } from './support/host-program.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
  for (const folder of ['src/deep', '.git/objects', 'node_modules/theirs', 'packages/one/node_modules/theirs']) mkdirSync(join(bench.workspace, folder), { recursive: true });
  writeFileSync(join(bench.workspace, 'src/file'), 'x');
  symlinkSync(bench.dir, join(bench.workspace, 'link'));
});
afterAll(() => bench.close());

const EXCLUDE = ['**/node_modules/**'];
/** The workspace itself, src, src/deep, packages, packages/one. */
const FOLDERS = 5;

/** `type`: of the file system the workspace is on. */
function kernel(type: string, ...limits: string[]): { mountinfo: string; limits: string[] } {
  const put = (name: string, text: string): string => (writeFileSync(join(bench.dir, name), text), join(bench.dir, name));
  return { mountinfo: put('mountinfo', `36 35 98:0 / ${bench.workspace} rw - ${type} /dev/x rw\n`), limits: limits.map((limit, n) => put(`limit-${n}`, `${limit}\n`)) };
}

test('folders that would be watched are counted, against the smallest limit', async () => {
  expect(await watchOutlook(bench.workspace, EXCLUDE, kernel('ext4', '9000', '8192'))).toEqual({ mode: 'inotify', watches: { limit: 8192, needed: FOLDERS } });
  symlinkSync(bench.workspace, join(bench.dir, 'by-link'));
  expect(await watchOutlook(join(bench.dir, 'by-link'), [], kernel('ext4', '8192'))).toEqual({ mode: 'inotify', watches: { limit: 8192, needed: FOLDERS + 4 } });
});

test('counting ends where they are too many', async () => {
  expect(await watchOutlook(bench.workspace, EXCLUDE, kernel('ext4', '2'))).toEqual({ mode: 'inotify', watches: { limit: 2, needed: 3 } });
});

test('nothing is counted for a file system that is polled, or without a limit', async () => {
  expect(await watchOutlook(bench.workspace, EXCLUDE, kernel('nfs4', '2'))).toEqual({ mode: 'polling (nfs4)', watches: null });
  expect(await watchOutlook(bench.workspace, EXCLUDE, { ...kernel('ext4'), limits: [join(bench.dir, 'nowhere')] })).toEqual({ mode: 'inotify', watches: null });
});

test('the host program tells when it is asked, of a folder that is there', async () => {
  const host = await bench.program();
  const ask = { workspace: bench.workspace, agentCommand: null };
  expect((await host.call('probe', { ...ask, watch: { exclude: EXCLUDE } })).watch).toMatchObject({ mode: 'inotify', watches: { needed: FOLDERS } });
  expect(await host.call('probe', ask)).not.toHaveProperty('watch');
  expect(await host.call('probe', { ...ask, workspace: join(bench.dir, 'nowhere'), watch: { exclude: [] } })).not.toHaveProperty('watch');
});
