/** The host programs on this machine, by the state folder they serve. */
import { pidsOf } from '../../host/support/processes.ts';

/** Pids of those that serve a worker; supervisors of runs are not among them. */
export const hostProgramsOf = (stateDir: string): number[] => pidsOf('serve', '--state', stateDir);

/** SIGKILL to each. */
export function killHostPrograms(stateDir: string): number {
  const pids = hostProgramsOf(stateDir);
  for (const pid of pids) killIfThere(pid);
  return pids.length;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
