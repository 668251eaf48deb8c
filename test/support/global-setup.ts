/**
 * One Postgres and one Temporal for the whole run, handed to the tests in HOLDPOINT_TEST_* variables. What is set already is
 * used as it stands and left alone. HOLDPOINT_TEST_SERVERS=none starts nothing (`npm run test:fast`).
 */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { startTemporal } from '../../src/embedded/temporal.ts';
import { started } from './servers.ts';
import { temporalBinary } from './temporal-binary.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const quiet = (): void => undefined;

export default async function globalSetup(): Promise<void> {
  await build();
  if (process.env.HOLDPOINT_TEST_SERVERS === 'none') return;
  const folder = await mkdtemp(join(tmpdir(), 'holdpoint-test-'));
  await chmod(folder, 0o755);
  started.push({ stop: () => rm(folder, { recursive: true, force: true }) });
  process.env.HOLDPOINT_TEST_TEMPORAL_BIN ??= temporalBinary(root);
  await Promise.all([postgres(folder), temporal(folder)]);
}

async function postgres(folder: string): Promise<void> {
  if (process.env.HOLDPOINT_TEST_DATABASE_URL) return;
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), log: quiet, env: marker() });
  started.push(server);
  process.env.HOLDPOINT_TEST_DATABASE_URL = server.url;
}

async function temporal(folder: string): Promise<void> {
  if (process.env.HOLDPOINT_TEST_TEMPORAL_ADDRESS) return;
  const binary = process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '';
  const server = await startTemporal({ binary, dbFile: join(folder, 'temporal/temporal.db'), namespace: 'default', log: quiet, env: marker() });
  started.push(server);
  process.env.HOLDPOINT_TEST_TEMPORAL_ADDRESS = server.address;
  process.env.HOLDPOINT_TEST_TEMPORAL_UI = server.uiUrl;
}

/** CI looks for processes that outlive it by this variable. */
const marker = (): Record<string, string> => (process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {});

const BUNDLES = [
  { script: 'scripts/build-host.mjs', outFile: 'build/host.mjs' },
  { script: 'scripts/build-workflows.mjs', outFile: 'build/workflows.js' },
];

const COUNTED = { script: 'test/support/count-workflows.ts', outFile: 'build/workflows-counted.js' };

/** What runs bundled is built from today's sources. As programs: jest loads this file in a way that cannot import them. */
async function build(): Promise<void> {
  for (const { script, outFile } of process.env.HOLDPOINT_COVERAGE_DIR ? [...BUNDLES, COUNTED] : BUNDLES) {
    await run(process.execPath, [join(root, script), join(root, outFile)], { cwd: root }).catch((error: Error) => broken(outFile, error));
  }
}

/** Tests that need no bundle still run; those that do must not find yesterday's. */
async function broken(outFile: string, error: Error): Promise<void> {
  process.stderr.write(`could not build ${outFile}: ${error.message}\n`);
  await rm(join(root, outFile), { force: true });
}
