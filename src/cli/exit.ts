/** From the end of a command to its exit code and, with --json, its error document (contracts.md). */
import { exitCodeOf, HoldpointError } from '../domain/failure-kind.ts';
import { colorsFor, write, type Io } from './io.ts';

export const EXIT = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

/** A command that has printed all there is to say and only needs its exit code. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** SQL states of Postgres: undefined table, undefined column. */
const NO_SUCH_TABLE: unknown[] = ['42P01', '42703'];

const asHoldpointError = (error: unknown): HoldpointError => {
  if (error instanceof HoldpointError) return error;
  if (NO_SUCH_TABLE.includes((error as { code?: unknown } | null)?.code)) {
    return new HoldpointError('database_mismatch', "the database does not have this program's tables", { hint: 'run `holdpoint migrate`', cause: error });
  }
  return new HoldpointError('internal', error instanceof Error ? error.message : String(error), {
    hint: 'this is a defect of holdpoint: run again with HOLDPOINT_LOG_LEVEL=debug and report what it prints',
    cause: error,
  });
};

export function errorDocument(error: HoldpointError): object {
  return {
    error: {
      kind: error.kind,
      message: error.message,
      ...(error.hint && { hint: error.hint }),
      ...(error.where && { where: error.where }),
      ...error.details,
    },
  };
}

const place = (error: HoldpointError): string => {
  const { file, line, column } = error.where ?? {};
  return file ? `${[file, line, column].filter((part) => part !== undefined).join(':')}: ` : '';
};

/** Tells the error once, in the form asked for, and gives the exit code. */
export async function reportError(io: Io, json: boolean, thrown: unknown): Promise<number> {
  if (thrown instanceof Exit) return thrown.code;
  if (io.signal.aborted) return EXIT.interrupted;
  const error = asHoldpointError(thrown);
  if (json) await write(io.stdout, `${JSON.stringify(errorDocument(error))}\n`);
  const colors = colorsFor({ ...io, stdout: io.stderr });
  if (!json) {
    await write(io.stderr, `${colors.red('error')}: ${place(error)}${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
  }
  if (error.kind === 'internal' && io.env.HOLDPOINT_LOG_LEVEL === 'debug' && error.cause instanceof Error) {
    await write(io.stderr, `${error.cause.stack ?? ''}\n`);
  }
  return exitCodeOf(error.kind);
}
