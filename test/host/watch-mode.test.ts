/** How changes are noticed: decided by the file system, said in every answer, and scans go on where the kernel tells nothing. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WatchBatch } from '../../src/domain/host-api.ts';
import { watchModeOf } from '../../src/host/watch/file-system.ts';
import { eventually } from '../support/eventually.ts';
import { Watches } from '../../src/host/watch/watches.ts';
import { takeCheckpoint } from '../../src/host/snapshot/checkpoint.ts';
import { leftOut } from '../../src/host/snapshot/coverage.ts';
import { Shadows, type Shadow } from '../../src/host/snapshot/shadow.ts';

const line = (point: string, type: string, more = ''): string => `36 35 98:0 / ${point} rw,noatime master:1 - ${type} /dev/x rw${more}`;
const MOUNTS = [
  line('/', 'ext4'), line('/home', 'nfs4'), line('/home/ann/disk', 'xfs'), line('/mnt/c', '9p', ',aname=drvfs;path=C:\\134'), line('/mnt/with\\040space', 'cifs'),
  line('/s', 'fuse.sshfs'), line('/o', 'fuse.fuse-overlayfs'), line('/n', 'fuseblk'), line('/v', 'vboxsf'), line('/twice', 'nfs'), line('/twice', 'tmpfs'), line('/h', 'virtiofs'), 'no mount', '',
].join('\n');

test.each<[string, string | null]>([
  ['/srv/work', null], ['/home/ann/work', 'nfs4'], ['/home', 'nfs4'], ['/homes/ann', null], ['/home/ann/disk/work', null], ['/mnt/c/Users/work', '9p'], ['/mnt/with space/work', 'cifs'],
  ['/s/work', 'fuse.sshfs'], ['/o/work', null], ['/n/work', null], ['/v/work', 'vboxsf'], ['/twice/work', null], ['/h', 'virtiofs'],
])('%s is polled because of %s', (path, fileSystem) => {
  expect(watchModeOf(MOUNTS, path)).toEqual(fileSystem === null ? { kind: 'inotify' } : { kind: 'polling', fileSystem });
});

test('where nothing is known of mounts, inotify is tried', () => expect(watchModeOf('', '/work')).toEqual({ kind: 'inotify' }));

test.each<[string[], string[], string, boolean]>([
  [['**/node_modules/**'], [], 'node_modules', true], [['**/node_modules/**'], ['node_modules/ours/**'], 'node_modules', false],
  [['**/node_modules/**'], ['node_modules/ours/**'], 'node_modules/ours', false], [['**/node_modules/**'], ['node_modules/ours/**'], 'node_modules/ours/a/b.js', false],
  [['**/node_modules/**'], ['node_modules/ours/**'], 'node_modules/theirs', true], [['**/node_modules/**'], ['node_modules/ours/**'], 'packages/a/node_modules', true],
  [['dist/**'], ['dist/*.d.ts'], 'dist/a.d.ts', false], [['dist/**'], ['dist/*.d.ts'], 'dist/a.js', true], [['dist/**'], ['dist/*.d.ts'], 'dist/deep', true],
  [['**/dist'], ['packages/*/dist/types'], 'packages/a/dist/types/x.d.ts', false], [['**/dist'], ['packages/*/dist/types'], 'packages/a/dist/x.js', true], [['**/dist'], ['packages/*/dist/types'], 'packages/a/dist', false],
  [[], ['a'], 'b', false], [['*.log'], ['keep.log'], 'keep.log', false], [['*.log'], ['keep.log'], 'other.log', true],
])('%j without %j: %s is left out: %s', (exclude, include, path, expected) => {
  expect(leftOut(exclude, include)(path)).toBe(expected);
});

let dir: string;
let shadow: Shadow;
beforeAll(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'holdpoint-watch-')));
  mkdirSync(join(dir, 'workspace'));
  shadow = await new Shadows({ stateDir: join(dir, 'state'), searchPath: process.env.PATH ?? '' }).of(join(dir, 'workspace'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const put = (path: string, content: string): void => {
  mkdirSync(dirname(join(dir, 'workspace', path)), { recursive: true });
  writeFileSync(join(dir, 'workspace', path), content);
};
const options = { exclude: ['node_modules/**'], include: ['node_modules/ours/**'], maxFileBytes: 1_000_000 };
const next = (watches: Watches, base: string, more: object = {}): Promise<WatchBatch> =>
  watches.next(shadow, { ...options, base, cursor: 0, waitMs: 20_000, ...more }, new AbortController().signal);

test('on a network file system changes are found by scans, and every answer says so', async () => {
  writeFileSync(join(dir, 'mountinfo'), `${line('/', 'ext4')}\n${line(join(dir, 'workspace'), 'nfs4')}\n`);
  const watches = new Watches(join(dir, 'mountinfo'));
  const { tree } = await takeCheckpoint(shadow, options);
  expect(await next(watches, tree, { waitMs: 0 })).toMatchObject({ mode: 'polling (nfs4)', changes: [] });
  const waiting = next(watches, tree);
  put('found', '1');
  expect(await waiting).toMatchObject({ mode: 'polling (nfs4)', observedBy: 'scan', changes: [{ path: 'found' }], times: {} });
  await watches.close(shadow.workspace);
});

test('else the kernel tells, with the time of each path; what is included again is seen, what is excluded is not', async () => {
  const watches = new Watches();
  const { tree } = await takeCheckpoint(shadow, options);
  let batch = await next(watches, tree, { waitMs: 0 });
  const begun = Date.now();
  const seen = new Map<string, number | undefined>();
  put('node_modules/theirs/index.js', 'x');
  put('node_modules/ours/index.js', 'x');
  while (seen.size === 0) {
    batch = await next(watches, batch.tree, { cursor: batch.cursor });
    for (const { path } of batch.changes) seen.set(path, batch.times[path]);
  }
  expect([...seen.keys()]).toEqual(['node_modules/ours/index.js']);
  expect(batch.mode).toBe('inotify');
  let writes = 0;
  // A folder that is new may not be listened to yet: then a scan by the clock finds what changes in it.
  const heard = await eventually(async () => {
    const waiting = next(watches, batch.tree, { cursor: batch.cursor });
    put('node_modules/ours/index.js', `y${(writes += 1)}`);
    batch = await waiting;
    return 'node_modules/ours/index.js' in batch.times ? batch : null;
  }, { timeoutMs: 90_000, what: 'a change that was heard of' });
  expect(heard.times['node_modules/ours/index.js'] ?? 0).toBeGreaterThanOrEqual(begun);
  expect([heard.since <= heard.until, heard.until <= Date.now()]).toEqual([true, true]);
  await watches.close(shadow.workspace);
});
