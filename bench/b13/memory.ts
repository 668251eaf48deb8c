/** B13, memory: milestones that wait for a person in a worker's cache, beside bare workflows that wait for a signal; a process for each. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context, Round } from '../benchmark.ts';
import { buildBundles } from '../bundles.ts';
import { takeRounds } from '../rounds.ts';

const PROGRAM = join(import.meta.dirname, 'waiting-worker.mts');
const MOST_MS = 1_200_000;
/** As many as a worker keeps by default. */
const CACHE = 500;
const run = promisify(execFile);

export async function memoryRounds({ servers, log }: Context, { rounds, waiting, settleMs }: { rounds: number; waiting: number; settleMs: number }): Promise<Record<string, Round[]>> {
  const address = await servers.temporal();
  await buildBundles();
  const arm = (kind: 'ours' | 'bare') => async (): Promise<number[]> => {
    const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc'];
    const { stdout } = await run(process.execPath, [...flags, PROGRAM, kind, address, ...[waiting, CACHE, settleMs].map(String)], { timeout: MOST_MS });
    // The SDK's core may have something to say there as well.
    const [, kilobytes] = /^kB (\S+)$/m.exec(stdout) ?? [];
    if (kilobytes === undefined) throw new Error(`a worker with ${kind} workflows that wait told no memory: ${stdout}`);
    return [Number(kilobytes)];
  };
  const taken = await takeRounds(rounds, { ours: arm('ours'), anchor: arm('bare') }, ({ ours, anchor }, n) =>
    log(`B13 round ${n} of ${rounds}: ${ours[0]?.toFixed(0)} kB a waiting milestone, ${anchor[0]?.toFixed(0)} a bare workflow`));
  return { 'B13-memory': taken };
}
