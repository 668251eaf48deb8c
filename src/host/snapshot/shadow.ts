/**
 * The shadow repository of a workspace: bare, in the state directory, never the workspace's own. One scan at a time. A workspace may
 * keep its objects in another's; what its files looked like is remembered for each store, because it says what that store holds.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { privateDirectory, writeWhole } from '../durable.ts';
import { workspaceHash } from '../fence.ts';
import { errorCode, HostError } from '../host-error.ts';
import { bootId } from '../proc.ts';
import { allRecords, blankRecord, idsOf, type FolderRecord } from './folder-record.ts';
import type { ScanOptions } from './folder-walk.ts';
import { git, type ShadowGit } from './git.ts';
import { ObjectStore, type ObjectType } from './object-store.ts';
import { scannedOf, scanWorkspace, writeTop, type Scanned } from './scan.ts';
import { seenEntries, type SeenEntries } from './seen-entries.ts';
import { StatCache, type LastScan } from './stat-cache.ts';
import { noneSince, sweepsBegun } from './sweeps.ts';

export class Shadow {
  readonly workspace: string;
  /** Workspace whose store this is. */
  readonly root: string;
  readonly git: ShadowGit;
  readonly #store: ObjectStore;
  readonly #cacheFile: string;
  #cache: StatCache | undefined;
  #told: { record: FolderRecord; scanned: Scanned } | undefined;
  /** Sweeps of the store that this shadow knows of. */
  #sweeps: number | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(workspace: string, root: string, git: ShadowGit, cacheFile: string) {
    this.workspace = workspace;
    this.root = root;
    this.git = git;
    this.#store = new ObjectStore(git.dir);
    this.#cacheFile = cacheFile;
  }

  /** Of a workspace and a root by their real paths; created at first use. */
  static async open({ stateDir, searchPath }: Places, workspace: string, root: string): Promise<Shadow> {
    const dir = await privateDirectory(shadowDirectory(stateDir, workspace));
    const rootDir = await privateDirectory(shadowDirectory(stateDir, root));
    const git = { dir: join(rootDir, 'repository'), searchPath };
    await createRepository(git);
    return new Shadow(workspace, root, git, join(dir, root === workspace ? 'stat-cache' : `stat-cache-${workspaceHash(root)}`));
  }

  /**
   * The workspace as it is now, named in the store as the last tree of its workspace, and by whatever `name` adds. The same object while
   * nothing has changed. Callers wait for each other.
   */
  scan(options: ScanOptions): Promise<Scanned>;
  scan<T>(options: ScanOptions, name: (scanned: Scanned, store: ObjectStore) => Promise<T>): Promise<T>;
  scan(options: ScanOptions, name: (scanned: Scanned, store: ObjectStore) => Promise<unknown> = async (scanned) => scanned): Promise<unknown> {
    return this.storing(async (store, sweeps) => name(await this.#scan(options, sweeps), store));
  }

  /** What the last scan saw, for as long as no other one follows; call it in `scan`'s `name`. */
  lastSeen(): SeenEntries {
    return seenEntries(this.#cache?.last?.record ?? blankRecord([]));
  }

  /** Id of the object, which is stored, but not named: it must be before a sweep would take it for old. */
  write(type: ObjectType, content: Buffer): Promise<string> {
    return this.storing(async (store) => {
      const id = store.write(type, content);
      await store.flush();
      return id;
    });
  }

  /** Stores and names objects. What was found in the store may be swept away before it is named: then `work` is done again. */
  storing<T>(work: (store: ObjectStore, sweeps: number) => Promise<T>): Promise<T> {
    const next = this.#busy.then(() => this.#undisturbed(work));
    this.#busy = next.catch(() => undefined);
    return next;
  }

  /** Writes down for the next process what the workspace looked like. */
  async saveCache(): Promise<void> {
    await this.#cache?.save();
  }

  async #undisturbed<T>(work: (store: ObjectStore, sweeps: number) => Promise<T>): Promise<T> {
    for (;;) {
      const sweeps = await sweepsBegun(this.git.dir);
      if (sweeps !== this.#sweeps) this.#distrust();
      this.#sweeps = sweeps;
      const result = await work(this.#store, sweeps);
      this.#store.endSnapshot();
      if (await noneSince(this.git.dir, sweeps)) return result;
    }
  }

  #distrust(): void {
    this.#store.forget();
    this.#told = undefined;
  }

  async #scan(options: ScanOptions, sweeps: number): Promise<Scanned> {
    this.#cache ??= await StatCache.open(this.#cacheFile, bootId());
    const last = await this.#trusted(this.#cache.last, sweeps);
    const known = { record: last?.record, sameOptions: last?.options === options.key };
    const record = await scanWorkspace(this.workspace, this.#store, known, options);
    const tree = writeTop(record, this.#store);
    await this.#store.flush();
    this.#cache.keep({ record, options: options.key, sweeps });
    if (this.#told?.record !== record) this.#told = { record, scanned: scannedOf(record, tree) };
    await nameLast(this.git.dir, this.workspace, tree);
    return this.#told.scanned;
  }

  /** Only while all of it is in the store. */
  async #trusted(last: LastScan | undefined, sweeps: number): Promise<LastScan | undefined> {
    if (!last || last.sweeps === sweeps || (await isWhole(last.record, this.#store))) return last;
    return undefined;
  }
}

async function isWhole(top: FolderRecord, store: ObjectStore): Promise<boolean> {
  for (const { record } of allRecords(top)) {
    for (const id of idsOf(record)) if (!store.has(id)) return false;
    await breathe();
  }
  return true;
}

/** The tree that the next scan builds upon. */
async function nameLast(gitDir: string, workspace: string, tree: string): Promise<void> {
  const file = join(gitDir, 'refs', 'last', workspaceHash(workspace));
  if (await readFile(file, 'utf8').catch(() => '') === `${tree}\n`) return;
  await privateDirectory(dirname(file));
  await writeWhole(file, `${tree}\n`);
}

/** Made beside and renamed: of several processes the first wins and none sees half a repository. */
async function createRepository({ dir, searchPath }: ShadowGit): Promise<void> {
  if (existsSync(join(dir, 'HEAD'))) return;
  const temporary = `${dir}.${randomBytes(6).toString('hex')}`;
  await privateDirectory(temporary);
  try {
    await git({ dir: temporary, searchPath }, ['init', '--quiet', '--bare', '--template=', '--object-format=sha1', temporary]);
    await rename(temporary, dir);
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Places {
  stateDir: string;
  /** Where git is looked for. */
  searchPath: string;
}

const shadowDirectory = (stateDir: string, workspace: string): string => join(stateDir, 'shadow', workspaceHash(workspace));

/** Keeps one shadow per workspace and store, so that scans of one workspace queue and share what they know. */
export class Shadows {
  readonly #places: Places;
  readonly #open = new Map<string, Promise<Shadow>>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** `workspace` is a real path, `root` any path of a workspace. */
  async of(workspace: string, root?: string): Promise<Shadow> {
    const store = root === undefined ? workspace : await this.#rootOf(root);
    const key = JSON.stringify([workspace, store]);
    const known = this.#open.get(key);
    if (known) return known;
    const opened = Shadow.open(this.#places, workspace, store);
    this.#open.set(key, opened);
    opened.catch(() => this.#open.delete(key));
    return opened;
  }

  /** A folder that is gone is known by the store it left. */
  async #rootOf(root: string): Promise<string> {
    if (typeof root !== 'string' || !root.startsWith('/')) throw new HostError('bad_input', `root must be an absolute path, got ${JSON.stringify(root)}`);
    const real = await realpath(root).catch(() => root);
    if (real !== root || existsSync(root) || existsSync(shadowDirectory(this.#places.stateDir, root))) return real;
    throw new HostError('workspace_missing', `root ${root} is no folder of this host and has left no checkpoints`);
  }
}
