/** `holdpoint up`: Postgres, Temporal with Web UI and a worker in the foreground, until Ctrl-C or `down`. Data is kept. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { isAlive, ownIdentity } from '../../embedded/process-identity.ts';
import { startStack, type Stack } from '../../embedded/stack.ts';
import { endStarted, recordStarted } from '../../embedded/started.ts';
import { define, type Call, type Frame } from '../command.ts';
import { EXIT } from '../exit.ts';
import { portOf } from '../ports.ts';
import { workerCommand } from '../worker-command.ts';
import { temporalBinary } from '../temporal-binary.ts';
import { rm } from 'node:fs/promises';

interface Options {
  postgresPort?: string;
  temporalPort?: string;
  uiPort?: string;
}

const DEFAULT_PORTS = { postgres: 5433, temporal: 7233, webUi: 8233 };

/** An agent that brings up its own supervisor would answer its own questions. */
function refuseInsideRun({ session, io }: Call<Options>): void {
  if (!io.env.HOLDPOINT_RUN) return;
  throw new HoldpointError('policy', `${session.dataDir} is inside a run that Holdpoint supervises`, { hint: 'start it from a shell of your own' });
}

/** What a killed `up` left behind is on its way out; what another one runs is left alone. */
async function takeOver({ session, say }: Call<Options>): Promise<void> {
  const { running, startedFile } = session;
  if (!running) return;
  if (running.owner && !isAlive(running.owner)) {
    await say('ending what an `up` left behind that was killed');
    await endStarted(startedFile);
    return;
  }
  const [first] = running.processes;
  throw new HoldpointError('folder_in_use', `a stack runs in ${session.dataDir} already (process ${running.owner?.pid ?? first?.pid})`, {
    hint: 'use it, end it with `holdpoint down`, or set HOLDPOINT_DATA_DIR to another folder',
  });
}

async function start(call: Call<Options>): Promise<Stack> {
  const { session, options, io, say } = call;
  const ports = {
    postgres: portOf(options.postgresPort, '--postgres-port') ?? DEFAULT_PORTS.postgres,
    temporal: portOf(options.temporalPort, '--temporal-port') ?? DEFAULT_PORTS.temporal,
    webUi: portOf(options.uiPort, '--ui-port') ?? DEFAULT_PORTS.webUi,
  };
  return startStack({
    dataDir: session.dataDir, temporalBinary: temporalBinary(io.env), ports, namespace: 'default',
    worker: workerCommand(session, {}), outlive: false, log: (line) => void say(line),
  }, io.signal);
}

async function untilEnd({ io }: Call<Options>, stack: Stack): Promise<void> {
  const ended = Promise.withResolvers<void>();
  io.signal.addEventListener('abort', () => ended.resolve(), { once: true });
  if (io.signal.aborted) ended.resolve();
  const broken = stack.broken.then((name) => {
    throw new HoldpointError('internal', `${name} has ended by itself`, { hint: `see its log in the data folder, then run \`holdpoint up\` again` });
  });
  // The servers are not waited for, so nothing else keeps this process running.
  const awake = setInterval(() => undefined, 2 ** 31 - 1);
  await Promise.race([ended.promise, broken]).finally(() => clearInterval(awake));
}

async function up(call: Call<Options>): Promise<number> {
  const { session, say } = call;
  refuseInsideRun(call);
  await takeOver(call);
  // Mistakes in the configuration are told before anything is started.
  void session.config;
  const stack = await start(call);
  try {
    const { addresses, processes } = stack;
    recordStarted(session.startedFile, { processes, addresses, owner: ownIdentity() });
    const { temporal, webUi, database } = addresses;
    const shown = database.replace(/:[^:@/]*@/, ':***@');
    await call.print({ ready: true, temporal, webUi, database: shown }, () =>
      `ready\n  Temporal  ${temporal}\n  Web UI    ${webUi}\n  Postgres  ${shown}\nCtrl-C, or \`holdpoint down\` in another terminal, ends it; the data in ${session.dataDir} stays`);
    await untilEnd(call, stack);
    await say('ending the worker, Temporal and Postgres; running turns go on at their hosts');
    return EXIT.done;
  } finally {
    await stack.stop();
    await rm(join(session.startedFile), { force: true });
  }
}

export function addUp(program: Command, frame: Frame): void {
  const command = program.command('up').description('Postgres, Temporal with Web UI and a worker on this machine, until Ctrl-C or `down`')
    .option('--postgres-port <port>', `default ${DEFAULT_PORTS.postgres}`).option('--temporal-port <port>', `default ${DEFAULT_PORTS.temporal}`)
    .option('--ui-port <port>', `default ${DEFAULT_PORTS.webUi}`);
  define<Options>(frame, command, up, { endsItself: true, isService: true });
}
