/** Port numbers given as options. */
import { HoldpointError } from '../domain/failure-kind.ts';

/** Undefined when not given; `bad_input` when it is not a port. */
export function portOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new HoldpointError('bad_input', `${option} ${text} is not a port`, { hint: 'give a number from 1 to 65535' });
}
