/** The folders of one demo, all below one of its own: a demo never finds, and never touches, the data of another. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, ownIdentity, type ProcessIdentity } from '../embedded/process-identity.ts';

export interface DemoPlaces {
  root: string;
  /** Postgres, Temporal, logs. */
  stackDir: string;
  /** Keys, logs, the "home" of this demo's host. */
  hostDir: string;
  workspace: string;
}

const usersFile = (root: string): string => join(root, 'in-use-by.json');

/** Writes down whose end frees the folders: the demo's own process, and with `--keep` those it leaves behind. */
export function markInUse({ root }: Pick<DemoPlaces, 'root'>, processes: readonly ProcessIdentity[]): void {
  const users = [ownIdentity(), ...processes].map(({ pid, start }) => ({ pid, start }));
  writeFileSync(usersFile(root), JSON.stringify(users), { mode: 0o600 });
}

function isInUse(root: string): boolean {
  try {
    return (JSON.parse(readFileSync(usersFile(root), 'utf8')) as ProcessIdentity[]).some(isAlive);
  } catch {
    return false; // It was broken off before it had begun.
  }
}

/** Takes away what demos before have left: only the latest workspace is worth looking at. */
function prune(demos: string): void {
  for (const name of existsSync(demos) ? readdirSync(demos) : []) {
    const old = join(demos, name);
    if (!isInUse(old)) rmSync(old, { recursive: true, force: true });
  }
}

/** A fresh copy of the example in fresh folders. */
export function makePlaces(dataDir: string, example: string): DemoPlaces {
  const demos = join(dataDir, 'demo');
  prune(demos);
  const root = join(demos, `${new Date().toISOString().slice(0, 19).replace(/\D/g, '')}-${process.pid}`);
  const places = { root, stackDir: join(root, 'stack'), hostDir: join(root, 'host'), workspace: join(root, 'tinyslug') };
  mkdirSync(places.hostDir, { recursive: true, mode: 0o700 });
  markInUse(places, []);
  cpSync(example, places.workspace, { recursive: true });
  return places;
}
