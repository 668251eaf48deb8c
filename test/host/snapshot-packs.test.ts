/** Many new objects become one pack, which git itself can read: of every size of which the length is written differently. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Bench, type HostProgram } from './support/host-program.ts';
import { shadowGit, shadowRepository, treeByGit } from './support/shadow-git.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

/** Four bits of the length in the first byte, seven in each further one. */
const SIZES = [0, 1, 15, 16, 17, 127, 2_047, 2_048, 2_049, 262_143, 262_144];

test('many new files are one pack, whose objects are what git makes of the same files', async () => {
  SIZES.forEach((size) => writeFileSync(join(bench.workspace, `of-${size}`), Buffer.alloc(size, 'x')));
  for (let n = 0; n < 60; n += 1) writeFileSync(join(bench.workspace, `small-${n}`), `${n}`);
  const { tree } = await host.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000 });
  expect(readdirSync(join(shadowRepository(bench), 'objects/pack')).filter((name) => name.endsWith('.pack'))).toHaveLength(1);
  expect(tree).toBe(treeByGit(bench));
  shadowGit(bench, 'fsck', '--full', '--strict', '--no-dangling');
  for (const size of SIZES) expect(shadowGit(bench, 'cat-file', 'blob', `${tree}:of-${size}`).toString()).toBe('x'.repeat(size));
});
