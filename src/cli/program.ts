/** All commands in one place; each lives in a file of its own, which is only loaded when it is asked for: half the start is loading. */
import { Command, CommanderError } from 'commander';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Frame } from './command.ts';
import { EXIT, reportError } from './exit.ts';
import { write, type Io } from './io.ts';
import type { Install } from './session.ts';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 bad usage or bad input, 3 not found, 4 refused (not open, already answered, policy),
5 something needed is unreachable, 130 interrupted.`;

type Add = (program: Command, frame: Frame) => void;

const control = (): Promise<Add> => import('./commands/control.ts').then((m) => m.addControl);

/** In the order in which help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  demo: () => import('./commands/demo.ts').then((m) => m.addDemo),
  up: () => import('./commands/up.ts').then((m) => m.addUp),
  down: () => import('./commands/down.ts').then((m) => m.addDown),
  worker: () => import('./commands/worker.ts').then((m) => m.addWorker),
  migrate: () => import('./commands/migrate.ts').then((m) => m.addMigrate),
  init: () => import('./commands/init.ts').then((m) => m.addInit),
  validate: () => import('./commands/validate.ts').then((m) => m.addValidate),
  doctor: () => import('./commands/doctor.ts').then((m) => m.addDoctor),
  start: () => import('./commands/start.ts').then((m) => m.addStart),
  plan: () => import('./commands/plan.ts').then((m) => m.addPlan),
  status: () => import('./commands/status.ts').then((m) => m.addStatus),
  inbox: () => import('./commands/inbox.ts').then((m) => m.addInbox),
  answer: () => import('./commands/answer.ts').then((m) => m.addAnswer),
  logs: () => import('./commands/logs.ts').then((m) => m.addLogs),
  transcript: () => import('./commands/transcript.ts').then((m) => m.addTranscript),
  diff: () => import('./commands/diff.ts').then((m) => m.addDiff),
  checkpoints: () => import('./commands/checkpoints.ts').then((m) => m.addCheckpoints),
  restore: () => import('./commands/restore.ts').then((m) => m.addRestore),
  compare: () => import('./commands/compare.ts').then((m) => m.addCompare),
  blame: () => import('./commands/blame.ts').then((m) => m.addBlame),
  fork: () => import('./commands/fork.ts').then((m) => m.addFork),
  decisions: () => import('./commands/decisions.ts').then((m) => m.addDecisions),
  rejudge: () => import('./commands/rejudge.ts').then((m) => m.addRejudge),
  metrics: () => import('./commands/metrics.ts').then((m) => m.addMetrics),
  pause: control,
  resume: control,
  cancel: control,
  steer: () => import('./commands/steer.ts').then((m) => m.addSteer),
  extend: () => import('./commands/extend.ts').then((m) => m.addExtend),
  notify: () => import('./commands/notify.ts').then((m) => m.addNotify),
  drill: () => import('./commands/drill.ts').then((m) => m.addDrill),
  schema: () => import('./commands/schema.ts').then((m) => m.addSchema),
  'demo-servers': () => import('./commands/demo-servers.ts').then((m) => m.addDemoServers),
};

/** The one that is called; all of them for help and for a name nobody knows. */
function commandsFor(name: string | undefined): Promise<Add[]> {
  const one = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all([...new Set(one ? [one] : Object.values(COMMANDS))].map((load) => load()));
}

async function build(frame: Frame, name: string | undefined, said: (text: string) => void): Promise<Command> {
  const program = new Command('holdpoint')
    .description('durable supervision of Claude Code: plans, checks, review, breakpoints, every change on record')
    .version(frame.install.version)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({ writeOut: said, writeErr: said, outputError: () => undefined });
  for (const add of await commandsFor(name)) add(program, frame);
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  return program;
}

/** Commander's own ends: help and version are documents, the rest is bad usage. `said`: what it wanted to print. */
async function usage(io: Io, program: Command, args: string[], error: CommanderError, said: string): Promise<number> {
  const command = program.commands.find((one) => one.name() === args[0]) ?? program;
  if (error.exitCode === 0) return write(io.stdout, said).then(() => EXIT.done);
  if (error.code === 'commander.help' && !args.includes('--json')) return write(io.stderr, said).then(() => EXIT.badInput);
  if (error.code === 'commander.help') error.message = 'no command is given';
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)/, ': did you mean $1?');
  const hint = `see \`holdpoint ${command === program ? '' : `${command.name()} `}--help\``;
  return reportError(io, args.includes('--json'), new HoldpointError('bad_input', message, { hint }));
}

/** Runs one command line; resolves to its exit code. */
export async function runProgram(args: string[], io: Io, install: Install): Promise<number> {
  let code: number = EXIT.done;
  let said = '';
  const program = await build({ io, install, exit: (given) => (code = given) }, args[0], (text) => (said += text));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usage(io, program, args, error, said);
  }
}
