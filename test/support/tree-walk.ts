/**
 * The tree of a folder, found without the code under test: every file read and hashed, trees put together as git's format says.
 * Paths are byte strings (latin1).
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Path → `mode id`. */
export type Listing = Map<string, string>;

const idOf = (type: 'blob' | 'tree', content: Buffer): string => createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');

/** Of files and links; nothing named `.git` in any spelling. */
export function walk(root: string, folder = Buffer.alloc(0), found: Listing = new Map()): Listing {
  const at = (name: Buffer): Buffer => Buffer.concat([Buffer.from(root), Buffer.from('/'), folder, name]);
  for (const name of readdirSync(at(Buffer.alloc(0)), { encoding: 'buffer' })) {
    if (name.toString('latin1').toLowerCase() === '.git') continue;
    const stat = lstatSync(at(name));
    const path = Buffer.concat([folder, name]);
    if (stat.isDirectory()) walk(root, Buffer.concat([path, Buffer.from('/')]), found);
    else if (stat.isSymbolicLink()) found.set(path.toString('latin1'), `120000 ${idOf('blob', readlinkSync(at(name), 'buffer'))}`);
    else if (stat.isFile()) found.set(path.toString('latin1'), `${(stat.mode & 0o100) === 0 ? '100644' : '100755'} ${idOf('blob', readFileSync(at(name)))}`);
  }
  return found;
}

/** Id of the tree that holds exactly these files. */
export function treeOf(files: Listing): string {
  const folders = new Map<string, Listing>();
  const items: { sort: string; line: Buffer }[] = [];
  const item = (mode: string, name: string, sort: string, id: string): void => {
    items.push({ sort, line: Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(id, 'hex')]) });
  };
  for (const [path, entry] of files) {
    const slash = path.indexOf('/');
    const [mode = '', id = ''] = entry.split(' ');
    if (slash < 0) item(mode, path, path, id);
    else folders.set(path.slice(0, slash), (folders.get(path.slice(0, slash)) ?? new Map<string, string>()).set(path.slice(slash + 1), entry));
  }
  for (const [name, inside] of folders) item('40000', name, `${name}/`, treeOf(inside));
  items.sort((a, b) => (a.sort < b.sort ? -1 : 1));
  return idOf('tree', Buffer.concat(items.map(({ line }) => line)));
}

/** What git finds in a tree of a bare repository. */
export function listTree(repository: string, tree: string): Listing {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: repository };
  const output = execFileSync('git', ['ls-tree', '-r', '-z', '--full-tree', tree], { env, maxBuffer: 1 << 30 }).toString('latin1');
  const lines = output.split('\0').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), `${line.slice(0, 6)} ${line.slice(12, 52)}`]));
}

/** Everything of a folder that a restore brings back: kind, all permissions, content or target; folders too, also empty ones. */
export function exactly(root: string, folder = Buffer.alloc(0), found: Listing = new Map()): Listing {
  const at = (name: Buffer): Buffer => Buffer.concat([Buffer.from(root), Buffer.from('/'), folder, name]);
  for (const name of readdirSync(at(Buffer.alloc(0)), { encoding: 'buffer' })) {
    if (name.toString('latin1').toLowerCase() === '.git') continue;
    const stat = lstatSync(at(name));
    const path = Buffer.concat([folder, name]);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) exactly(root, Buffer.concat([path, Buffer.from('/')]), found);
    const content = stat.isSymbolicLink() ? readlinkSync(at(name), 'buffer') : stat.isFile() ? readFileSync(at(name)) : Buffer.alloc(0);
    const kind = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : stat.isFile() ? 'file' : 'other';
    found.set(path.toString('latin1'), `${kind} ${stat.isSymbolicLink() ? '-' : mode} ${idOf('blob', content)}`);
  }
  return found;
}
