/**
 * The log: JSON lines on stderr, one readable line each on a terminal, secrets taken out of every line. For entry points and
 * the CLI; what is below them is handed a function.
 */
import { createColors } from 'picocolors';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import { createRedactor } from './domain/redaction.ts';

export type Log = Logger;

export type LogLevelName = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  level: LogLevelName;
  /** Part of the program, in every line. */
  scope: string;
  /** Values that must never be seen; asked for each line, so that one learned later is hidden from then on. */
  secrets?: () => readonly string[];
  stream: { write(text: string): unknown; isTTY?: boolean };
  /** Default: only on a terminal. */
  pretty?: boolean;
}

/** Written at once: a line is not lost when the process ends right after it. `child({scope})` narrows the scope. */
export function createLog({ level, scope, secrets = () => [], stream, pretty = stream.isTTY === true }: LogOptions): Log {
  let known = secrets();
  let redactor = createRedactor(known);
  const hide = (line: string): string => {
    const now = secrets();
    if (now.length !== known.length) redactor = createRedactor((known = now));
    return redactor.text(line);
  };
  const show = pretty ? prettyLine : (line: string): string => line;
  const options = {
    level, base: { scope }, timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const hooks = { streamWrite: hide };
  return pino({ ...options, hooks }, { write: (line: string) => void stream.write(show(line)) });
}

const colors = createColors(true);
const PAINT: Readonly<Record<string, (text: string) => string>> = {
  warn: colors.yellow, error: colors.red, debug: colors.dim, trace: colors.dim,
};

interface Line {
  [key: string]: unknown;
  time: string;
  level: string;
  scope: string;
  msg?: string;
  err?: unknown;
}

/** `12:03:04 warn  worker  message  key=value` */
function prettyLine(line: string): string {
  const { time, level, scope, msg, err, ...rest } = JSON.parse(line) as Line;
  const error = typeof err === 'object' && err !== null && 'message' in err ? [`error=${JSON.stringify(err.message)}`] : [];
  const details = [...Object.entries(rest).map(([key, value]) => `${key}=${oneWord(value)}`), ...error];
  const paint = PAINT[level] ?? String;
  return `${[time.slice(11, 19), paint(level.padEnd(5)), scope, oneLine(msg ?? ''), ...details].join(' ')}\n`;
}

const oneWord = (value: unknown): string => (typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value));

/** Control characters would move the cursor or begin a line of their own. */
const oneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
