/**
 * `npm run test:mutations [-- NAME…]`: takes each guard away in a copy of the clone and expects its test to fail. First the tests
 * are run as they are: a test that is red anyway proves nothing. The last line is `N caught, N not caught`; exit code 1 unless all are.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../src/embedded/postgres.ts';
import { startTemporal } from '../../../src/embedded/temporal.ts';
import { temporalBinary } from '../temporal-binary.ts';
import { copyClone } from './copy.ts';
import { apply, mutations, type Mutation } from './patch.ts';
import { runTests } from './run.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Starting jest, building a bundle and a test that hangs until its own deadline. */
const LIMIT_MS = 6 * 60_000;

type Verdict = 'caught' | 'NOT CAUGHT' | 'BROKEN';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function chosen(names: string[]): Mutation[] {
  const all = mutations(ROOT);
  const unknown = names.filter((name) => !all.some((mutation) => mutation.name === name));
  if (unknown.length > 0) throw new Error(`no such mutation: ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** One Postgres and one Temporal for all runs: starting them is most of what a short test takes. */
async function withServers<T>(work: () => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'hp-servers-'));
  chmodSync(folder, 0o755);
  const quiet = (): void => undefined;
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log: quiet });
  const temporal = await startTemporal({ binary: temporalBinary(ROOT), dbFile: join(folder, 'temporal.db'), namespace: 'default', log: quiet });
  Object.assign(process.env, { HOLDPOINT_TEST_DATABASE_URL: postgres.url, HOLDPOINT_TEST_TEMPORAL_ADDRESS: temporal.address, HOLDPOINT_TEST_TEMPORAL_UI: temporal.uiUrl });
  try {
    return await work();
  } finally {
    await temporal.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same file and name as another mutation: looked at once. */
const selection = ({ caughtBy, test }: Mutation): string => `${caughtBy} -t ${test}`;

/** Tests that are not green as they are, with what they say: each by itself, as it is run to judge. */
async function control(root: string, all: Mutation[]): Promise<Map<string, string>> {
  const red = new Map<string, string>();
  for (const [name, { caughtBy, test }] of new Map(all.map((mutation) => [selection(mutation), mutation]))) {
    const { failed, broken, passed } = await runTests(root, caughtBy, test, LIMIT_MS);
    const why = broken ?? (passed.length === 0 ? `no such test: ${test}` : failed.join('; '));
    if (why) red.set(name, why);
    say(`${why ? `RED as it is: ${why}` : 'green as it is'}  ${name}`);
  }
  return red;
}

async function judge(root: string, mutation: Mutation): Promise<[Verdict, string]> {
  try {
    await apply(root, mutation, 'forward');
  } catch (error) {
    return ['BROKEN', `the patch does not apply: ${String(error)}`];
  }
  try {
    const { failed, broken } = await runTests(root, mutation.caughtBy, mutation.test, LIMIT_MS);
    if (broken) return ['BROKEN', broken];
    return failed.length > 0 ? ['caught', failed[0] ?? ''] : ['NOT CAUGHT', mutation.guard];
  } finally {
    await apply(root, mutation, 'reverse');
  }
}

async function main(names: string[]): Promise<void> {
  const all = chosen(names);
  const copy = copyClone(ROOT);
  const verdicts: Verdict[] = [];
  try {
    const red = await control(copy.root, all);
    for (const mutation of all) {
      const why = red.get(selection(mutation));
      const [verdict, detail] = why ? ['BROKEN' as const, `its test is red as it is: ${why}`] : await judge(copy.root, mutation);
      verdicts.push(verdict);
      say(`${verdict}  ${mutation.name}: ${verdict === 'caught' ? mutation.guard : detail}`);
    }
  } finally {
    copy.remove();
  }
  const caught = verdicts.filter((verdict) => verdict === 'caught').length;
  say(`${caught} caught, ${verdicts.length - caught} not caught`);
  process.exitCode = verdicts.length > 0 && caught === verdicts.length ? 0 : 1;
}

await withServers(() => main(process.argv.slice(2)));
