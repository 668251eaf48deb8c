/** What a check of `doctor` finds, and how an error becomes a finding. No check ever rejects or waits for ever. */
import { exitCodeOf, HoldpointError, type FailureKind } from '../../domain/failure-kind.ts';
import { seconds, within } from '../../ssh/deadline.ts';
import { EXIT } from '../exit.ts';

export interface Finding {
  name: string;
  ok: boolean;
  detail: string;
  /** One sentence: what to do. Present when it is not ok. */
  cure?: string;
  /** Of what failed; decides on the exit code. */
  kind?: FailureKind;
  /** The check this one could not be made without. */
  needs?: string;
}

export const good = (name: string, detail: string): Finding => ({ name, ok: true, detail });

export const bad = (name: string, detail: string, cure: string, kind?: FailureKind): Finding =>
  ({ name, ok: false, detail, cure, ...(kind && { kind }) });

/** What cannot be known before another check succeeds. */
export const unknown = (name: string, needs: string): Finding =>
  ({ ...bad(name, `not known: "${needs}" failed`, `First see to "${needs}".`), needs });

/** The error's own hint goes before `cure`. */
export function failed(name: string, error: unknown, cure: string): Finding {
  if (error instanceof HoldpointError) return bad(name, error.message, error.hint ?? cure, error.kind);
  return bad(name, error instanceof Error ? error.message : String(error), cure);
}

/** `work`, or an error of `kind` that says for how long `what` was waited. */
export const before = <T>(work: Promise<T>, ms: number, kind: FailureKind, what: string): Promise<T> =>
  within(work, ms, () => new HoldpointError(kind, `${what} did not answer within ${seconds(ms)}`));

const UNREACHABLE = exitCodeOf('host_unreachable');

/** 5 when something is out of reach, whatever else failed. */
export function exitCodeFor(findings: readonly Finding[]): number {
  if (findings.some(({ kind }) => kind && exitCodeOf(kind) === UNREACHABLE)) return UNREACHABLE;
  return findings.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
