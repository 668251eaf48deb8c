/** The folders of one demo: everything it writes is below one of its own, in the data folder. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface DemoPlaces {
  /** Postgres, Temporal, logs: kept from one demo to the next, so that a warm one is quick. */
  stackDir: string;
  /** Keys, logs, the "home" of this demo's host; made anew by each. */
  hostDir: string;
  workspace: string;
}

/** A fresh copy of the example; the one of the demo before is taken away. */
export function makePlaces(dataDir: string, example: string): DemoPlaces {
  const root = join(dataDir, 'demo');
  const hostDir = join(root, 'host');
  const workspace = join(root, 'workspace/tinyslug');
  for (const old of [hostDir, workspace]) rmSync(old, { recursive: true, force: true });
  mkdirSync(hostDir, { recursive: true, mode: 0o700 });
  mkdirSync(workspace, { recursive: true });
  cpSync(example, workspace, { recursive: true });
  return { stackDir: join(root, 'stack'), hostDir, workspace };
}
