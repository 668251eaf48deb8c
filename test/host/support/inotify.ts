/** Limits of inotify for one program alone: those of a user namespace of its own. The system's are not touched. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type InotifyLimit = 'watches' | 'instances';

/** Starts what follows it with so many. */
export const limitedTo = (most: number, what: InotifyLimit = 'watches'): string[] =>
  ['unshare', '--user', '--map-root-user', 'sh', '-c', `echo ${most} > /proc/sys/user/max_inotify_${what} && exec "$@"`, 'sh'];

export function canLimit(): boolean {
  const [command = '', ...args] = [...limitedTo(1), 'true'];
  return spawnSync(command, args).status === 0;
}

/** How many inotify watches a process has. */
export function watchesOf(pid: number): number {
  const dir = `/proc/${pid}/fdinfo`;
  const told = readdirSync(dir).map((fd) => {
    try {
      return readFileSync(`${dir}/${fd}`, 'latin1');
    } catch {
      return ''; // closed meanwhile
    }
  });
  return told.join('\n').split('\n').filter((line) => line.startsWith('inotify wd:')).length;
}
