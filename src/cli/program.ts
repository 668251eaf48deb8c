/** All commands in one place; each lives in a file of its own. */
import { Command, CommanderError } from 'commander';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Frame } from './command.ts';
import { addAnswer } from './commands/answer.ts';
import { addControl } from './commands/control.ts';
import { addDecisions } from './commands/decisions.ts';
import { addDemo } from './commands/demo.ts';
import { addDemoServers } from './commands/demo-servers.ts';
import { addDiff } from './commands/diff.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDown } from './commands/down.ts';
import { addInbox } from './commands/inbox.ts';
import { addInit } from './commands/init.ts';
import { addLogs } from './commands/logs.ts';
import { addMigrate } from './commands/migrate.ts';
import { addSchema } from './commands/schema.ts';
import { addStart } from './commands/start.ts';
import { addStatus } from './commands/status.ts';
import { addUp } from './commands/up.ts';
import { addValidate } from './commands/validate.ts';
import { addWorker } from './commands/worker.ts';
import { EXIT, reportError } from './exit.ts';
import { write, type Io } from './io.ts';
import type { Install } from './session.ts';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 bad usage or bad input, 3 not found, 4 refused (not open, already answered, policy),
5 something needed is unreachable, 130 interrupted.`;

const COMMANDS = [
  addDemo, addUp, addDown, addWorker, addMigrate, addInit, addValidate, addDoctor, addStart, addStatus, addInbox, addAnswer,
  addLogs, addDiff, addDecisions, addControl, addSchema, addDemoServers,
];

function build(frame: Frame, said: (text: string) => void): Command {
  const program = new Command('holdpoint')
    .description('durable supervision of Claude Code: plans, checks, review, breakpoints, every change on record')
    .version(frame.install.version)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({ writeOut: said, writeErr: said, outputError: () => undefined });
  for (const add of COMMANDS) add(program, frame);
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
  const program = build({ io, install, exit: (given) => (code = given) }, (text) => (said += text));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usage(io, program, args, error, said);
  }
}
