/** The frame of every command: a session, one way to print, one way to fail. */
import type { Command } from 'commander';
import { EXIT, reportError } from './exit.ts';
import { interrupted, write, type Io } from './io.ts';
import { Session, type Install } from './session.ts';

/** What a command is given. */
export interface Call<Options = unknown> {
  session: Session;
  io: Io;
  json: boolean;
  options: Options;
  args: string[];
  /** With --json the document on one line, otherwise the text for people. */
  print: (document: object, text: () => string) => Promise<boolean>;
  /** Progress and remarks, for people, on stderr. */
  say: (text: string) => Promise<boolean>;
}

/** Resolves to the exit code; nothing is 0. */
export type Handler<Options> = (call: Call<Options>) => Promise<number | void>;

export interface Manner {
  /** Ctrl-C is left to the handler, which has something to end; other commands are simply left. */
  endsItself?: boolean;
  /** Runs until it is told to stop: SIGTERM is its ordinary end, not an interruption. */
  isService?: boolean;
}

export interface Frame {
  io: Io;
  install: Install;
  /** Told the exit code of the command that ran. */
  exit(code: number): void;
}

/** The code of a command that came to an end although it was told to stop. */
function afterSignal({ signal }: Io, code: number, { isService = false }: Manner): number {
  if (!signal.aborted || code !== EXIT.done) return code;
  return isService && (signal.reason as Error).message === 'SIGTERM' ? EXIT.done : EXIT.interrupted;
}

async function run<Options>(frame: Frame, command: Command, handler: Handler<Options>, manner: Manner): Promise<number> {
  const { io } = frame;
  const options = command.optsWithGlobals<Options & { json?: boolean }>();
  const json = options.json === true;
  const session = new Session(io, frame.install);
  try {
    const call: Call<Options> = {
      session, io, json, options, args: command.args,
      print: (document, text) => write(io.stdout, json ? `${JSON.stringify(document)}\n` : ensureNewline(text())),
      say: (text) => write(io.stderr, ensureNewline(text)),
    };
    const work = handler(call);
    return afterSignal(io, (await (manner.endsItself ? work : Promise.race([work, interrupted(io)]))) ?? EXIT.done, manner);
  } catch (error) {
    return await reportError(io, json, error);
  } finally {
    // Who gives up does not wait for a server that does not answer.
    await Promise.race([session.close(), interrupted(io).catch(() => undefined)]);
  }
}

const ensureNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Makes `handler` the action of `command`, which gets `--json`. */
export function define<Options>(frame: Frame, command: Command, handler: Handler<Options>, manner: Manner = {}): Command {
  return command.option('--json', 'print one JSON document (or JSON lines) and nothing else').action(async () => {
    frame.exit(await run(frame, command, handler, manner));
  });
}
