/** `holdpoint demo`: the whole thing on embedded parts. The models are scripted, and it says so; everything else is real. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { runDemo, type DemoReport } from '../../demo/run-demo.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { define, type Call, type Frame } from '../command.ts';
import { answerFor } from '../demo-answers.ts';
import { demoDocument, demoText } from '../demo-report.ts';
import { EXIT } from '../exit.ts';
import { temporalBinary } from '../temporal-binary.ts';
import { workerCommand } from '../worker-command.ts';

interface Options {
  keep?: boolean;
  live?: boolean;
  sshd: boolean;
}

const SCRIPTED = 'The models in this demo are scripted (Claude\'s API and Ollama, on loopback); the Claude Code CLI, SSH, Temporal, Postgres and the tests are real.';
const LIVE = 'This demo uses your own Claude Code login and your own Ollama: some 10 model requests for each of three tasks, which may cost up to 6 US dollars (budget 2 per turn).';

/** The agent's binary that came with the development dependencies. */
function pinnedClaude(root: string): string {
  const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
  const path = join(root, 'node_modules', name, 'claude');
  if (existsSync(path)) return path;
  throw new HoldpointError('agent_missing', `the demo needs the Claude Code CLI of package ${name}, which is not installed here`, {
    hint: 'run the demo in a clone of the repository (`npm run demo`), or use your own with --live',
  });
}

function refuseBeside({ session, options }: Call<Options>): void {
  if (!options.keep || !session.running) return;
  throw new HoldpointError('policy', `a stack runs in ${session.dataDir} already`, { hint: 'end it with `holdpoint down` first, or leave --keep out' });
}

async function perform(call: Call<Options>): Promise<DemoReport> {
  const { session, io, options, say } = call;
  const live = options.live === true;
  const { install } = session;
  return runDemo({
    dataDir: session.dataDir, example: join(install.root, 'examples/tinyslug'), keep: options.keep === true, startedFile: session.startedFile,
    self: install.self, path: io.env.PATH ?? '', home: live ? homedir() : null, temporalBinary: temporalBinary(io.env),
    sshd: options.sshd, claude: live ? null : pinnedClaude(install.root), worker: workerCommand(session, { HOLDPOINT_LOG_LEVEL: 'info' }),
    answer: answerFor(call), tell: (line) => void say(line), log: (line) => void say(line),
  }, io.signal);
}

async function demo(call: Call<Options>): Promise<number> {
  refuseBeside(call);
  await call.say(call.options.live ? LIVE : SCRIPTED);
  const report = await perform(call);
  await call.print(demoDocument(report, call.options.keep === true), () => demoText(report, call.io, call.options.keep === true));
  return report.outcome === 'completed' && report.processesLeft === 0 ? EXIT.done : EXIT.failed;
}

export function addDemo(program: Command, frame: Frame): void {
  const command = program.command('demo').description('a small project from start to end on embedded parts, with scripted models')
    .option('--keep', 'leave it all running; `down` ends it').option('--live', 'use your own claude and Ollama; this may cost money')
    // To see on a machine that has sshd what happens on one that has none.
    .addOption(new Option('--no-sshd', 'use the SSH server of ssh2').hideHelp());
  define<Options>(frame, command, demo, { endsItself: true });
}
