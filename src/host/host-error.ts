/** The one error class of the host program: its kind crosses the wire in `data.kind`. */
import type { HostErrorKind } from '../domain/host-api.ts';

export class HostError extends Error {
  readonly kind: HostErrorKind;
  /** For programs; crosses the wire as it is. */
  readonly details: Record<string, unknown> | undefined;

  constructor(kind: HostErrorKind, message: string, details?: Record<string, unknown>) {
    super(message);
    this.name = 'HostError';
    this.kind = kind;
    this.details = details;
  }
}

/** `ENOENT` and friends; undefined for anything that is not an error of the system. */
/** Also of an error made in another realm, which is no `Error` of ours. */
export const errorCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
