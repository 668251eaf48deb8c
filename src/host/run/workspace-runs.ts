/**
 * The runs of a workspace, of all programs of this user: each is announced before it starts, and whoever holds a newer fence ends
 * those of older ones. So a run whose worker is dead, or was cut off, never writes beside its successor.
 */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { privateDirectory, readJson, writeWhole } from '../durable.ts';
import { workspaceHash } from '../fence.ts';
import { isAlive } from '../proc.ts';
import { cancelRun } from './cancel-run.ts';
import { runDirectory, runMarker } from './run-files.ts';
import { stateOf } from './run-state.ts';
import { carriersOf } from './sweep.ts';

export interface AnnouncedRun {
  stateDir: string;
  key: string;
  fence: number;
}

/** What an older run has to say its last words. */
const GRACE_MS = 5_000;

const folderOf = (fenceDir: string, workspace: string): string => join(fenceDir, workspaceHash(workspace), 'runs');

/** To be called when `cmd` is there, so that the run can be forbidden, and before the fence is looked at for the last time. */
export async function announceRun(fenceDir: string, workspace: string, run: AnnouncedRun): Promise<void> {
  const folder = await privateDirectory(folderOf(fenceDir, workspace));
  const name = createHash('sha256').update(`${run.stateDir}\0${run.key}`).digest('hex').slice(0, 20);
  // Not synced: after a reboot nothing of it runs.
  await writeWhole(join(folder, `${run.fence}.${name}`), JSON.stringify(run));
}

/** Nothing that was started under an older fence is alive when this resolves. May be repeated, and by several at once. */
export async function endOlderRuns(fenceDir: string, workspace: string, fence: number): Promise<void> {
  const folder = folderOf(fenceDir, workspace);
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.filter((name) => fenceIn(name) < fence).map((name) => endOne(join(folder, name))));
}

/** Keys of runs that are announced and not over: about to start, at work, or lost with processes left. Of any fence. */
export async function livingRuns(fenceDir: string, workspace: string): Promise<string[]> {
  const folder = folderOf(fenceDir, workspace);
  const names = (await readdir(folder).catch(() => [])).filter((name) => Number.isFinite(fenceIn(name)));
  const living = await Promise.all(names.map(async (name) => {
    const run = (await readJson(join(folder, name))) as AnnouncedRun | undefined;
    return run && (await isLiving(run)) ? [run.key] : [];
  }));
  return living.flat();
}

async function isLiving({ stateDir, key }: AnnouncedRun): Promise<boolean> {
  const state = await stateOf(runDirectory(stateDir, key));
  if (state.kind === 'lost') return (state.process !== null && isAlive(state.process)) || carriersOf(runMarker(key)).length > 0;
  return state.kind === 'new' || state.kind === 'running';
}

/** A name that is none of ours (a file half written when its program died) is nobody's run. */
const fenceIn = (name: string): number => (/^\d+\./.test(name) ? Number.parseInt(name, 10) : Number.POSITIVE_INFINITY);

async function endOne(file: string): Promise<void> {
  const run = (await readJson(file)) as AnnouncedRun | undefined;
  if (!run) return; // somebody else was faster
  const { kind } = await stateOf(runDirectory(run.stateDir, run.key));
  if (kind !== 'exited') await cancelRun(run.stateDir, { key: run.key, graceMs: GRACE_MS });
  await rm(file, { force: true });
}
