/**
 * A name for an installation that no other test has. Runs are told apart on a whole machine by keys that begin with it, and the
 * end of a run ends whatever carries its key: of two test files that run side by side, one would end the agents of the other.
 */
import { randomBytes } from 'node:crypto';

export const newInstall = (): string => `test-${randomBytes(6).toString('hex')}`;
