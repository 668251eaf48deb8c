/**
 * What a command works with: configuration, database, Temporal, hosts. Each is opened when first asked for and closed at the
 * end. A stack that `up` or `demo --keep` runs in the data folder is found by itself; the environment goes before it.
 */
import { join, resolve } from 'node:path';
import { loadConfig, type Config } from '../config.ts';
import { openDb, type OpenDb } from '../db/client.ts';
import type { Db } from '../db/transaction.ts';
import { readStarted, type Started } from '../embedded/started.ts';
import { defaultHostsOptions } from '../ssh/default-options.ts';
import { createHosts, type Hosts } from '../ssh/hosts.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { Io } from './io.ts';

/** Where this program's own parts are; only the entry point knows. */
export interface Install {
  version: string;
  /** Folder of the package or the clone. */
  root: string;
  /** Node and the file of this CLI. */
  self: string[];
  /** Node and the file of the worker. */
  worker: string[];
  hostBundle: string;
}

export class Session {
  readonly io: Io;
  readonly install: Install;
  private readonly closers: (() => Promise<void>)[] = [];
  private opened: { config?: Config; db?: OpenDb; temporal?: Promise<Temporal>; hosts?: Hosts } = {};

  constructor(io: Io, install: Install) {
    this.io = io;
    this.install = install;
  }

  get dataDir(): string {
    return resolve(this.io.cwd, this.io.env.HOLDPOINT_DATA_DIR || '.holdpoint');
  }

  get startedFile(): string {
    return join(this.dataDir, 'started.json');
  }

  /** The stack that runs in the data folder, if one does. */
  get running(): Started | undefined {
    return readStarted(this.startedFile);
  }

  /** The environment, with what a running stack adds to it. */
  get env(): Record<string, string | undefined> {
    const { addresses, env } = this.running ?? {};
    const found = addresses && { DATABASE_URL: addresses.database, TEMPORAL_ADDRESS: addresses.temporal, TEMPORAL_NAMESPACE: addresses.namespace };
    return { ...env, ...found, ...this.io.env };
  }

  /** Throws `bad_input` that names every mistake. */
  get config(): Config {
    return (this.opened.config ??= loadConfig(this.env, this.io.cwd));
  }

  /** Connects with the first statement, which may throw `database_unreachable`. */
  get db(): Db {
    if (!this.opened.db) {
      this.opened.db = openDb(this.config.databaseUrl, { max: 4 });
      this.closers.push(this.opened.db.close);
    }
    return this.opened.db.db;
  }

  /** Throws `temporal_unreachable`. */
  temporal(): Promise<Temporal> {
    return (this.opened.temporal ??= this.connect());
  }

  private async connect(): Promise<Temporal> {
    // Its client takes longer to load than all the rest of a command that does not need it.
    const { connectTemporal } = await import('../temporal/connection.ts');
    const temporal = await connectTemporal({ env: this.env });
    this.closers.push(() => temporal.close());
    return temporal;
  }

  get hosts(): Hosts {
    if (!this.opened.hosts) {
      const { sshConfigFile, hostStateDir } = this.config;
      const places = { bundlePath: this.install.hostBundle, sshConfigFile, stateDir: hostStateDir, env: this.env };
      const hosts = createHosts(defaultHostsOptions(places));
      this.opened.hosts = hosts;
      this.closers.push(() => hosts.close());
    }
    return this.opened.hosts;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.closers.splice(0).map((close) => close()));
  }
}
