/** The `temporal` program for the embedded server: what the launcher found or fetched. */
import { HoldpointError } from '../domain/failure-kind.ts';

export function temporalBinary(env: Readonly<Record<string, string | undefined>>): string {
  if (env.TEMPORAL_BIN) return env.TEMPORAL_BIN;
  throw new HoldpointError('temporal_unreachable', 'no temporal program is known', {
    hint: 'start through `holdpoint` (bin/holdpoint), which finds or fetches one, or set TEMPORAL_BIN',
  });
}
