/** Whether the kernel tells of changes in a workspace: on file systems that others write to from elsewhere it does not. Pure. */

/** How changes are noticed. `polling`: by scans alone. */
export type WatchMode = { kind: 'inotify' } | { kind: 'polling'; fileSystem: string };

/** For people. */
export const modeText = (mode: WatchMode): string => (mode.kind === 'inotify' ? 'inotify' : `polling (${mode.fileSystem})`);

/** Their files change on another machine, or in another system of this one, and inotify stays silent. */
const REMOTE = new Set([
  'nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'ncpfs', 'afs', 'coda', 'ceph', 'glusterfs', 'lustre', 'gpfs', 'beegfs', 'ocfs2', 'gfs2', 'davfs',
  '9p', 'drvfs', 'virtiofs', 'vboxsf', 'vmhgfs', 'prl_fs', 'fakeowner', 'fuse',
]);

/** FUSE that only wraps files of this machine: changes go through it, and inotify sees them. */
const LOCAL_FUSE = new Set(['fuse.fuse-overlayfs', 'fuse.unionfs', 'fuse.mergerfs', 'fuse.bindfs', 'fuse.encfs', 'fuse.gocryptfs', 'fuse.cryfs', 'fuse.ntfs-3g']);

const isRemote = (type: string): boolean => REMOTE.has(type) || (type.startsWith('fuse.') && !LOCAL_FUSE.has(type));

interface Mount {
  point: string;
  type: string;
}

/** `36 35 98:0 /root /mnt rw - ext4 /dev/sda rw`: fields of the mount, a hyphen, fields of the file system. */
function readMount(line: string): Mount | undefined {
  const [own = '', rest = ''] = line.split(' - ', 2);
  const point = own.split(' ')[4];
  const type = rest.split(' ')[0];
  return point && type ? { point: point.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))), type } : undefined;
}

const holds = (point: string, path: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`);

/** `mountinfo`: text of /proc/self/mountinfo; `path`: a real path. Of mounts over each other the last counts. */
export function watchModeOf(mountinfo: string, path: string): WatchMode {
  const over = mountinfo.split('\n').flatMap((line) => readMount(line) ?? []).filter(({ point }) => holds(point, path));
  const deepest = Math.max(0, ...over.map(({ point }) => point.length));
  const type = over.findLast(({ point }) => point.length === deepest)?.type;
  return type !== undefined && isRemote(type) ? { kind: 'polling', fileSystem: type } : { kind: 'inotify' };
}
