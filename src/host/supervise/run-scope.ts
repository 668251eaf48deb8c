/** The control group of the run in the working directory: made before it starts, recorded for whoever has to end it later. */
import { rmSync, writeFileSync } from 'node:fs';
import { errorText } from '../host-error.ts';
import { bootId } from '../proc.ts';
import type { ScopeFile } from '../run/run-files.ts';
import { enterNewScope, type Scope } from '../run/scope.ts';

/** Where this process is in a group: what it starts is born there. */
export type RunScope =
  | { kind: 'cgroup'; scope: Scope; leave: () => void }
  | { kind: 'none'; why: string };

/** May take some 10 ms, so a supervisor that waits for its run has done it before. */
export function makeRunScope(): RunScope {
  try {
    return { kind: 'cgroup', ...enterNewScope() };
  } catch (error) {
    return { kind: 'none', why: errorText(error) };
  }
}

/** Not synced: after a reboot there is no group. Gives the group up when it cannot be recorded. */
export function recordScope(found: RunScope): RunScope {
  if (found.kind === 'none') return found;
  const file: ScopeFile = { path: found.scope.path, bootId: bootId() };
  try {
    writeFileSync('cgroup', JSON.stringify(file), { mode: 0o600 });
    return found;
  } catch (error) {
    dropScope(found);
    return { kind: 'none', why: `the control group cannot be recorded: ${errorText(error)}` };
  }
}

/** This process leaves, what it has started stays. A group that it cannot leave must not be killed, and is given up. */
export function leaveScope(found: RunScope): RunScope {
  if (found.kind === 'none') return found;
  try {
    found.leave();
    return found;
  } catch (error) {
    rmSync('cgroup', { force: true });
    return { kind: 'none', why: `the supervisor cannot leave the control group: ${errorText(error)}` };
  }
}

/** Nothing was started in it. */
export function dropScope(found: RunScope): void {
  if (leaveScope(found).kind === 'cgroup' && found.kind === 'cgroup') found.scope.remove();
}
