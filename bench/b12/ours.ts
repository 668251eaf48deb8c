/** Runs of one worker, all attached at once, each a project of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Flow } from '../b1/agent.ts';
import { startRun, until, untilItRests, type OurParts } from '../b1/ours.ts';
import { usageOf, type Usage } from './usage.ts';

export interface Load {
  runs: number;
  perSecond: number;
  windowMs: number;
}

/** Beside the window each writes while the last ones are still being started. */
const LEAD_MS = 80_000;
/** Twenty starts beside what those before them write, on two cores. */
const ATTACHED_MS = 120_000;
const BYTES = 400;

async function attached({ db }: Pick<OurParts, 'db'>, projects: string[]): Promise<boolean> {
  const rows = await db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').select('project')
    .where('project', 'in', projects).where('out_offset', '>', 0).execute();
  return rows.length === projects.length;
}

/** One round: the worker while all runs write. */
export async function ourRound(parts: Pick<OurParts, 'dir' | 'db' | 'temporal' | 'host' | 'worker'>, name: string, { runs, perSecond, windowMs }: Load): Promise<Usage> {
  const projects = Array.from({ length: runs }, (_, n) => `${name}-${n}`);
  const seconds = (windowMs + (windowMs < 5_000 ? 0 : LEAD_MS)) / 1000;
  const flow: Flow = { lines: Math.ceil(seconds * perSecond), perSecond, bytes: BYTES };
  for (const project of projects) {
    const workspace = join(parts.dir, 'workspaces', project);
    mkdirSync(workspace, { recursive: true });
    await startRun(parts, project, workspace, flow);
  }
  await until('all runs to be followed', () => attached(parts, projects), ATTACHED_MS);
  const usage = await usageOf([parts.worker.pid], windowMs);
  for (const project of projects) await untilItRests(parts, project);
  return usage;
}
