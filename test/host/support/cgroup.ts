/** Whether this user may make a control group (v2) here: found out by making one, in our own words and not the program's. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Our own group's directory; null where cgroup v2 is not mounted. */
export function ownGroup(): string | null {
  const mount = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
  const path = readFileSync('/proc/self/cgroup', 'utf8').split('\n').find((line) => line.startsWith('0::'))?.slice(3);
  return mount && path ? join(mount, path) : null;
}

export function canMakeGroups(): boolean {
  const own = ownGroup();
  const trial = own && join(own, `test-${process.pid}`);
  if (!trial) return false;
  try {
    mkdirSync(trial);
    const usable = existsSync(join(trial, 'cgroup.kill'));
    rmdirSync(trial);
    return usable;
  } catch {
    return false;
  }
}

/** Groups that the host program has made and not removed, of supervisors with these pids. */
export function groupsOf(pids: number[]): string[] {
  const own = ownGroup();
  return own && existsSync(own) ? readdirSync(own).filter((name) => pids.some((pid) => name.startsWith(`holdpoint-${pid}-`))) : [];
}
