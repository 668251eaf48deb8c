/** The shadow repository of a workspace: bare, in the state directory, never the workspace's own. One scan at a time. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { privateDirectory } from '../durable.ts';
import { workspaceHash } from '../fence.ts';
import { errorCode } from '../host-error.ts';
import { bootId } from '../proc.ts';
import { git, type ShadowGit } from './git.ts';
import { ObjectStore } from './object-store.ts';
import { scanWorkspace, type Scanned, type ScanOptions } from './scan.ts';
import { StatCache } from './stat-cache.ts';

export class Shadow {
  readonly workspace: string;
  readonly git: ShadowGit;
  readonly store: ObjectStore;
  readonly #cacheFile: string;
  #cache: StatCache | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(workspace: string, dir: string, searchPath: string) {
    this.workspace = workspace;
    this.git = { dir: join(dir, 'repository'), searchPath };
    this.store = new ObjectStore(this.git.dir);
    this.#cacheFile = join(dir, 'stat-cache');
  }

  /** Of a workspace by its real path; created at first use. */
  static async open(stateDir: string, workspace: string, searchPath: string): Promise<Shadow> {
    const dir = await privateDirectory(join(stateDir, 'shadow', workspaceHash(workspace)));
    const shadow = new Shadow(workspace, dir, searchPath);
    await createRepository(shadow.git);
    return shadow;
  }

  /** A tree of the workspace as it is now. Callers wait for each other. */
  scan(options: ScanOptions): Promise<Scanned> {
    const next = this.#busy.then(() => this.#scan(options));
    this.#busy = next.catch(() => undefined);
    return next;
  }

  async #scan(options: ScanOptions): Promise<Scanned> {
    this.#cache ??= await StatCache.open(this.#cacheFile, bootId());
    const scanned = await scanWorkspace(this.workspace, this.store, this.#cache, options);
    await this.#cache.save();
    return scanned;
  }
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

/** Keeps one shadow per workspace, so that scans of one workspace queue and share what they know. */
export class Shadows {
  readonly #stateDir: string;
  readonly #searchPath: string;
  readonly #open = new Map<string, Promise<Shadow>>();

  constructor(stateDir: string, searchPath: string) {
    this.#stateDir = stateDir;
    this.#searchPath = searchPath;
  }

  /** `workspace` is a real path. */
  of(workspace: string): Promise<Shadow> {
    const known = this.#open.get(workspace);
    if (known) return known;
    const opened = Shadow.open(this.#stateDir, workspace, this.#searchPath);
    this.#open.set(workspace, opened);
    opened.catch(() => this.#open.delete(workspace));
    return opened;
  }
}
