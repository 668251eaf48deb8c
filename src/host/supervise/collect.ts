/**
 * Files that a run has written and that are kept with it: reports of tests. Taken by the supervisor between the end of the last process
 * and `exit`, so whoever reads them has those of this very run, however late. What is not taken is said in `left`.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import picomatch from 'picomatch';
import type { CollectedFiles, CollectSpec } from '../../domain/collected-files.ts';
import type { RunSpec } from '../../domain/host-api.ts';
import { writeWhole } from '../durable.ts';
import { errorCode, errorText } from '../host-error.ts';

const COLLECTED = 'collected';
const MOST_FILES = 1_000;
/** Directories that are looked into for one pattern. */
const MOST_DIRECTORIES = 20_000;
const NEVER_INTO = new Set(['.git', 'node_modules']);
/** The clock of a file system ticks a little behind ours. */
const CLOCK_TICK_MS = 20;
const OLDER = 'was not written by this run';

/** Writes `collected` into the working directory, where the spec asks for it. A failure of that is no failure of the run: then the file is not there. */
export async function collectFiles({ collect: spec, cwd }: RunSpec, startedAt: string | undefined): Promise<void> {
  if (!spec || startedAt === undefined) return;
  try {
    await writeWhole(COLLECTED, JSON.stringify(collect(spec, cwd, Date.parse(startedAt) - CLOCK_TICK_MS)));
  } catch (error) {
    process.stderr.write(`files of the run cannot be kept: ${errorText(error)}\n`);
  }
}

function collect({ glob, maxBytes }: CollectSpec, cwd: string, since: number): CollectedFiles {
  const root = realpathSync(cwd);
  const { paths, left, isPattern } = matching(root, glob);
  if (paths.length > MOST_FILES) return { files: [], left: [`there are ${paths.length} files, at most ${MOST_FILES} are read`] };
  const kept: CollectedFiles = { files: [], left };
  let room = maxBytes;
  let older = 0;
  for (const path of paths) {
    const read = readFresh(join(root, path), since, room);
    if ('text' in read) kept.files.push({ path, text: read.text });
    else if (read.why === OLDER && isPattern) older += 1;
    else left.push(`${path} ${read.why}`);
    room -= 'text' in read ? Buffer.byteLength(read.text) : 0;
  }
  // Of many files those of an earlier run may lie about; one is enough to know that this run has reported.
  if (older > 0 && kept.files.length === 0) left.push(`${glob} matches ${older} files, none of them written by this run`);
  return kept;
}

/** Paths below `root` that match, sorted. Links are not followed. */
function matching(root: string, glob: string): { paths: string[]; left: string[]; isPattern: boolean } {
  const { base, glob: open } = picomatch.scan(glob);
  const start = join(root, base);
  if (open === '') return { paths: [relative(root, start)], left: [], isPattern: false };
  const matches = picomatch(glob, { dot: true });
  const paths: string[] = [];
  const pending = [relative(root, start)];
  for (let looked = 0; pending.length > 0; looked += 1) {
    if (looked === MOST_DIRECTORIES) return { paths: paths.sort(), left: [`there are more than ${MOST_DIRECTORIES} folders below ${base || '.'}`], isPattern: true };
    const directory = pending.pop() ?? '';
    for (const entry of entriesOf(join(root, directory))) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && !NEVER_INTO.has(entry.name)) pending.push(path);
      else if (entry.isFile() && matches(path)) paths.push(path);
    }
  }
  return { paths: paths.sort(), left: [], isPattern: true };
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // gone, or not ours to read
  }
}

/**
 * The text of a plain file that was written since; a link, a pipe or what is not in the workspace at all is not read. The time is that
 * of the last change of the inode, which nobody can set back or forth.
 */
function readFresh(path: string, since: number, room: number): { text: string } | { why: string } {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return { why: 'is no plain file' };
    if (realpathSync(`/proc/self/fd/${file}`) !== path) return { why: 'is reached by a link' };
    if (stats.ctimeMs < since) return { why: OLDER };
    if (stats.size > room) return { why: `is too large: ${stats.size} bytes, where ${room} are left` };
    return { text: readWhole(file, stats.size) };
  } catch (error) {
    const code = errorCode(error);
    return { why: code === 'ENOENT' || code === 'ENOTDIR' ? 'is not there' : code === 'ELOOP' ? 'is reached by a link' : `cannot be read (${code ?? 'unknown'})` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readWhole(file: number, size: number): string {
  const bytes = Buffer.alloc(size);
  let read = 0;
  for (let last = -1; read < size && last !== 0; read += last) last = readSync(file, bytes, read, size - read, read);
  return bytes.subarray(0, read).toString('utf8');
}
