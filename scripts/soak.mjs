// `npm run soak [-- test/host …]`: the tests that repeat something at random (they import test/support/scale.ts), with their full
// counts. Takes an hour or more. HOLDPOINT_SEED chooses another seed. The last line is `N passed, N failed`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, ROOT } from './bootstrap/bootstrap.mjs';
import { orStop } from './bootstrap/say.mjs';
import { runJest } from './test/jest.mjs';
import { watchForLeftovers } from './test/leftovers.mjs';
import { finish } from './test/summary.mjs';

const startedAt = Date.now();
const chosen = process.argv.slice(2);
const scaled = readdirSync(join(ROOT, 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts') && readFileSync(join(ROOT, 'test', name), 'utf8').includes('/scale.ts'))
  .map((name) => join('test', name))
  .filter((file) => chosen.length === 0 || chosen.some((part) => file.startsWith(part)));

const { node, env } = await orStop(() => bootstrap({ needs: ['temporal'] }));
process.stdout.write(`soak of ${scaled.length} files, seed ${env.HOLDPOINT_SEED ?? 'of every run'}:\n${scaled.map((file) => `  ${file}\n`).join('')}`);
const leftovers = watchForLeftovers(env);
// One after the other: each is a load of its own.
const jest = await runJest({ root: ROOT, node, env: { ...env, ...leftovers.env, HOLDPOINT_SOAK: 'true' }, paths: ['--runInBand', '--runTestsByPath', ...scaled], coverage: false, servers: true });
finish({ checks: await leftovers.findings(), jest, inCi: Boolean(env.CI), startedAt });
