/** Makes the data folder of the embedded Postgres once: complete or absent, whatever is killed meanwhile. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { PostgresBinaries, RunAs } from './postgres-binaries.ts';

export const SUPERUSER = 'holdpoint';
export const DATABASE = 'holdpoint';

const HALF = 'cluster.half-';

export interface Cluster {
  /** PGDATA. */
  data: string;
  password: string;
}

/** Opens the cluster in `dataDir`, making it when absent. The password file is readable by the caller alone. */
export async function openCluster(dataDir: string, programs: PostgresBinaries, as: RunAs): Promise<Cluster> {
  const data = join(dataDir, 'cluster');
  const passwordFile = join(dataDir, 'password');
  if (!existsSync(data)) await createCluster(dataDir, data, passwordFile, programs, as);
  return { data, password: readFileSync(passwordFile, 'utf8').trim() };
}

async function createCluster(dataDir: string, data: string, passwordFile: string, programs: PostgresBinaries, as: RunAs): Promise<void> {
  removeLeftovers(dataDir);
  const password = existsSync(passwordFile) ? readFileSync(passwordFile, 'utf8').trim() : writePassword(passwordFile);
  const half = mkdtempSync(join(dataDir, HALF));
  if (as.owner) chownSync(half, as.owner.uid, as.owner.gid);
  // Over a pipe: the password stands in no argument and in no file that the server's user can read.
  const initdb = [programs.initdb, `--pgdata=${half}`, `--username=${SUPERUSER}`, '--auth=scram-sha-256', '--pwfile=/dev/stdin', '--encoding=UTF8',
    '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'];
  await run(initdb, `${password}\n`, as);
  await run([programs.postgres, '--single', '-D', half, 'postgres'], `CREATE DATABASE ${DATABASE}\n`, as);
  renameSync(half, data);
}

function writePassword(file: string): string {
  const password = randomBytes(18).toString('base64url');
  writeFileSync(`${file}.tmp`, `${password}\n`, { mode: 0o600 });
  chmodSync(`${file}.tmp`, 0o600);
  renameSync(`${file}.tmp`, file);
  return password;
}

/**
 * Takes away what killed set-ups left. The initdb of a set-up killed a moment ago may still write into its folder: what
 * cannot be taken away now is left to the next start, for every set-up has a folder of its own.
 */
function removeLeftovers(dataDir: string): void {
  for (const name of readdirSync(dataDir).filter((entry) => entry.startsWith(HALF))) {
    try {
      rmSync(join(dataDir, name), { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}

const run = (command: string[], input: string, as: RunAs): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { cwd: '/', uid: as.uid, gid: as.gid, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };
    // Node's stdin is a socket, which cannot be opened by name; `cat` makes a pipe of it.
    const child = execFile('/bin/sh', ['-c', 'cat | "$@"', 'sh', ...as.prefix, ...command], options, (error, _stdout, stderr) => (error ? reject(setUpFailed(command, stderr || error.message)) : resolve()));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });

const setUpFailed = (command: string[], said: string): HoldpointError =>
  new HoldpointError('database_unreachable', `the embedded Postgres could not be set up: ${said.trim().split('\n').slice(-3).join(' ')}`, {
    hint: 'see that the disk has room, or set DATABASE_URL',
    details: { program: command[0] },
  });
