/**
 * A control group (cgroup v2) of a run's own: everything the run starts is in it, whatever it does to its environment, and the
 * kernel kills all of it at once. Where this user may not make one there is only the marker (sweep.ts).
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../host-error.ts';
import { identityOf } from '../proc.ts';

export interface Scope {
  /** Absolute. */
  path: string;
  /** What is in it and below it; a zombie counts until its parent takes note. */
  pids(): number[];
  /** Ends all of them at once. */
  kill(): void;
  /** False while anything is in it. May be repeated. */
  remove(): boolean;
}

const PREFIX = 'holdpoint-';

export function openScope(path: string): Scope {
  return { path, pids: () => pidsBelow(path), kill: () => killIn(path), remove: () => removeTree(path) };
}

/** A scope with this process in it. Throws where there is none to be had. `leave` takes the process out, its children stay. */
export function enterNewScope(): { scope: Scope; leave: () => void } {
  const home = ownGroup();
  const path = join(home, `${PREFIX}${process.pid}-${identityOf(process.pid)?.startTicks ?? 0}`);
  mkdirSync(path, { recursive: true });
  try {
    if (!readdirSync(path).includes('cgroup.kill')) throw new Error('this kernel has no cgroup.kill');
    moveTo(path);
    moveTo(home); // what cannot be left must not be entered
    moveTo(path);
  } catch (error) {
    removeTree(path);
    throw error;
  }
  return { scope: openScope(path), leave: () => moveTo(home) };
}

const moveTo = (group: string): void => writeFileSync(join(group, 'cgroup.procs'), String(process.pid));

/** Directory of the group this process is in. */
function ownGroup(): string {
  const [, path] = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
  const mount = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')).find((fields) => fields.includes('cgroup2'));
  if (path === undefined || !mount?.[4]) throw new Error('cgroup v2 is not mounted');
  return join(mount[4], path.slice(mount[3] === '/' ? 0 : mount[3]?.length));
}

/** Removes groups whose supervisor died before it could; those in use stay. Says how many are gone. */
export function removeAbandonedScopes(): number {
  const home = groupOrNothing();
  if (home === undefined) return 0;
  const abandoned = readdirSync(home).filter((name) => {
    const [, pid, ticks] = new RegExp(`^${PREFIX}(\\d+)-(\\d+)$`).exec(name) ?? [];
    return pid !== undefined && identityOf(Number(pid))?.startTicks !== Number(ticks);
  });
  return abandoned.filter((name) => removeTree(join(home, name))).length;
}

function groupOrNothing(): string | undefined {
  try {
    return ownGroup();
  } catch {
    return undefined;
  }
}

function pidsBelow(path: string): number[] {
  const own = read(join(path, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
  return [...own, ...groupsIn(path).flatMap(pidsBelow)];
}

function killIn(path: string): void {
  try {
    writeFileSync(join(path, 'cgroup.kill'), '1');
  } catch (error) {
    process.stderr.write(`control group ${path} cannot be killed: ${errorText(error)}\n`); // the sweep by marker goes on
  }
}

function removeTree(path: string): boolean {
  try {
    groupsIn(path).forEach(removeTree);
    rmdirSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

function groupsIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch {
    return []; // removed meanwhile
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
