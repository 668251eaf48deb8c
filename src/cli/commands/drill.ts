/** `holdpoint drill`: proves on the user's own set-up, with a harmless agent, that work survives what it is said to survive. */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { runDrill, type DrillOptions } from '../../drill/run-drill.ts';
import { FAULT_NAMES, type FaultName } from '../../domain/documents/drill.ts';
import { didYouMean } from '../../domain/did-you-mean.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { defaultHostsOptions } from '../../ssh/default-options.ts';
import { define, type Call, type Frame } from '../command.ts';
import { drillDocument, drillText } from '../drill-report.ts';
import { EXIT } from '../exit.ts';
import type { Session } from '../session.ts';
import { temporalBinary } from '../temporal-binary.ts';
import { workerCommand } from '../worker-command.ts';

interface Options {
  host: string;
  seed?: string;
  fault?: string[];
  keep?: string;
}

const MAX_SEED = 2 ** 32;

function seedOf(text: string | undefined): number {
  if (text === undefined) return randomInt(MAX_SEED);
  if (/^\d{1,10}$/.test(text) && Number(text) < MAX_SEED) return Number(text);
  throw new HoldpointError('bad_input', `--seed ${text} is not a seed`, { hint: `give a whole number from 0 to ${MAX_SEED - 1}` });
}

/** In the order of the list, each once. */
function faultsOf(names: readonly string[] = FAULT_NAMES): FaultName[] {
  const unknown = names.find((name) => !(FAULT_NAMES as readonly string[]).includes(name));
  if (unknown === undefined) return FAULT_NAMES.filter((name) => names.includes(name));
  throw new HoldpointError('bad_input', `there is no fault ${unknown}`, { hint: didYouMean(unknown, FAULT_NAMES) ?? `faults: ${FAULT_NAMES.join(', ')}` });
}

function folderOf(keep: string | undefined, cwd: string): string | null {
  if (keep === undefined) return null;
  const folder = resolve(cwd, keep);
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch (cause) {
    throw new HoldpointError('bad_input', `--keep ${keep} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** Somebody has said where Postgres or Temporal are, or `up` runs here. */
const isGiven = ({ running, io: { env } }: Session): boolean =>
  running !== undefined || Object.keys(env).some((name) => name === 'DATABASE_URL' || (name.startsWith('TEMPORAL_') && name !== 'TEMPORAL_BIN'));

const serviceOf = async (session: Session): Promise<DrillOptions['service']> =>
  (isGiven(session) ? { db: session.db, temporal: await session.temporal() } : { temporalBinary: temporalBinary(session.io.env) });

async function drill(call: Call<Options>): Promise<number> {
  const { session, io, options, say, print } = call;
  const { host } = options;
  const [seed, faults, keep] = [seedOf(options.seed), faultsOf(options.fault), folderOf(options.keep, io.cwd)];
  const { env, config: { sshConfigFile } } = session;
  const found = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const report = await runDrill({
    host, seed, faults, keep, service: await serviceOf(session), worker: workerCommand(session, Object.fromEntries(found)),
    hosts: defaultHostsOptions({ bundlePath: session.install.hostBundle, sshConfigFile, stateDir: null, env }), tell: (line) => void say(line),
  }, io.signal);
  const document = drillDocument(report, seed, host);
  await print(document, () => drillText(document, io));
  return document.ok ? EXIT.done : EXIT.failed;
}

export function addDrill(program: Command, frame: Frame): void {
  const command = program.command('drill').description('break things on purpose, with a harmless agent, and see that no work is lost or repeated')
    .option('--host <host>', '`local`, or an alias of ~/.ssh/config', 'local').option('--fault <name...>', `some of: ${FAULT_NAMES.join(', ')}`)
    .option('--seed <number>', 'when exactly things break; without it, at random').option('--keep <dir>', 'leave the raw output of each fault there');
  define<Options>(frame, command, drill, { endsItself: true });
}
