/** The frame of every command: a session, one way to print, one way to fail. */
import type { Command } from 'commander';
import { EXIT, reportError } from './exit.ts';
import { write, type Io } from './io.ts';
import { Session, type Install } from './session.ts';

/** What a command is given. */
export interface Call<Options = unknown> {
  session: Session;
  io: Io;
  json: boolean;
  options: Options;
  args: string[];
  /** With --json the document on one line, otherwise the text for people. */
  print: (document: object, text: () => string) => Promise<void>;
  /** Progress and remarks, for people, on stderr. */
  say: (text: string) => Promise<void>;
}

/** Resolves to the exit code; nothing is 0. */
export type Handler<Options> = (call: Call<Options>) => Promise<number | void>;

export interface Frame {
  io: Io;
  install: Install;
  /** Told the exit code of the command that ran. */
  exit(code: number): void;
}

async function run<Options>(frame: Frame, command: Command, handler: Handler<Options>): Promise<number> {
  const { io } = frame;
  const options = command.opts<Options & { json?: boolean }>();
  const json = options.json === true;
  const session = new Session(io, frame.install);
  try {
    const call: Call<Options> = {
      session, io, json, options, args: command.args,
      print: (document, text) => write(io.stdout, json ? `${JSON.stringify(document)}\n` : ensureNewline(text())),
      say: (text) => write(io.stderr, ensureNewline(text)),
    };
    const code = (await handler(call)) ?? EXIT.done;
    return io.signal.aborted && code === EXIT.done ? EXIT.interrupted : code;
  } catch (error) {
    return await reportError(io, json, error);
  } finally {
    await session.close();
  }
}

const ensureNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Makes `handler` the action of `command`, which gets `--json`. */
export function define<Options>(frame: Frame, command: Command, handler: Handler<Options>): Command {
  return command.option('--json', 'print one JSON document (or JSON lines) and nothing else').action(async () => {
    frame.exit(await run(frame, command, handler));
  });
}
