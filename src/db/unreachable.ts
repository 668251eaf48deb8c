/** Tells "the database is not there" from "the statement is wrong", and says it with the address but never the password. */
import { HoldpointError } from '../domain/failure-kind.ts';

export interface DatabaseAddress {
  /** `host:port/database`, for people. */
  place: string;
  user: string;
}

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ENOENT', 'EACCES']);

/** SQLSTATEs of a server that refuses or drops the session, with what to do. */
const REFUSALS: Record<string, string> = {
  '28P01': 'check user and password in DATABASE_URL',
  '28000': 'check user and password in DATABASE_URL, and pg_hba.conf on the server',
  '3D000': 'create the database, or name another one in DATABASE_URL',
  '53300': 'the server has no connection left: raise max_connections or stop other clients',
  '57P03': 'the server is starting or recovering: try again in a moment',
};
const DROPPED = /^(?:08...|57P0[12])$/;

/** Messages of the driver that carry no code. */
const LOST = /connection terminated|timeout (?:expired|exceeded)|read timeout|not queryable|server does not support SSL/i;
const NO_PASSWORD = /SASL/;

const START_IT = 'is the server running there? `holdpoint up` brings one along; else check DATABASE_URL';

interface Fault {
  code?: string;
  message: string;
  errors?: unknown[];
}

/** Several addresses of one name fail as an AggregateError; the first one tells why. */
function faultOf(error: unknown): Fault {
  const fault = error as Fault;
  return fault.errors?.[0] ? faultOf(fault.errors[0]) : fault;
}

/** The advice for this error when it means that the database cannot be talked to; undefined for any other error. */
function adviceFor(fault: Fault): string | undefined {
  const { code } = fault;
  if (code === undefined && NO_PASSWORD.test(fault.message)) return REFUSALS['28P01'];
  if (code === undefined) return LOST.test(fault.message) ? START_IT : undefined;
  if (NETWORK.has(code) || DROPPED.test(code)) return START_IT;
  return REFUSALS[code];
}

/** What to throw in place of `error`: itself unless the database is out of reach. */
export function translateUnreachable(error: unknown, address: DatabaseAddress): unknown {
  const fault = faultOf(error);
  const hint = adviceFor(fault);
  if (hint === undefined) return error;
  const reason = fault.message || fault.code;
  return new HoldpointError('database_unreachable', `Postgres at ${address.place} (user ${address.user}) does not answer: ${reason}`, { hint });
}
