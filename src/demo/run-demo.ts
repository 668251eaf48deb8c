/** The demo from a fresh copy of the example to its report; whoever calls it prints and answers. */
import { execFile } from 'node:child_process';
import { openDb } from '../db/client.ts';
import type { StatusProject } from '../db/status.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { recordStarted } from '../embedded/started.ts';
import { cancel } from '../temporal/client.ts';
import { connectTemporal, type Temporal } from '../temporal/connection.ts';
import { endAllOf, leftovers } from './leftovers.ts';
import { demoHome, startParts, type DemoParts, type PartsOptions } from './parts.ts';
import { makePlaces, markInUse, type DemoPlaces } from './places.ts';
import { demoPlan } from './plan.ts';
import { play, type Given, type Stage } from './play.ts';
import { seenParts, type SeenPart } from './seen-parts.ts';

export interface DemoOptions extends Omit<PartsOptions, 'places' | 'outlive'> {
  dataDir: string;
  /** Folder of the example project. */
  example: string;
  /** Leave everything running, recorded in this file for `down`. */
  keep: boolean;
  startedFile: string;
  answer: Stage['answer'];
  tell: Stage['tell'];
}

export interface DemoReport {
  outcome: 'completed' | 'failed';
  scripted: boolean;
  seconds: number;
  status: StatusProject;
  answered: Given[];
  /** Run by the demo itself in the workspace, after everything. */
  checks: { name: string; exitCode: number | null }[];
  workspace: string;
  parts: DemoParts;
  seen: SeenPart[];
  /** Requests that the scripted Messages API has answered; 0 when live. */
  modelRequests: number;
  processesLeft: number;
}

/** How long a cancelled demo may take to stop its agent. */
const CANCEL_MS = 30_000;

/** The project's own tests, without Holdpoint: the last word. */
const runTests = ({ workspace, hostDir }: DemoPlaces, path: string): Promise<number | null> =>
  new Promise((resolve) => {
    const child = execFile('npm', ['test'], { cwd: workspace, env: { PATH: path, HOME: demoHome(hostDir) } }, () => resolve(child.exitCode));
  });

async function modelRequests(parts: DemoParts): Promise<number> {
  if (!parts.models) return 0;
  const answer = await fetch(`${parts.models.messagesUrl}/__stats`);
  return ((await answer.json()) as { main: number }).main;
}

/** Aborts with `signal`, and when a part that nothing goes on without has ended by itself. */
function whileWhole({ stack }: DemoParts, signal: AbortSignal): AbortSignal {
  const broken = new AbortController();
  void stack.broken.then((name) => broken.abort(new HoldpointError('internal', `${name} has ended by itself`, { hint: 'see its log in the data folder' })));
  return AbortSignal.any([signal, broken.signal]);
}

/** HOME of the host, where it is the demo's own. */
const ownHome = ({ home }: DemoOptions, { hostDir }: DemoPlaces): string | null => (home === null ? demoHome(hostDir) : null);

async function perform(options: DemoOptions, places: DemoPlaces, parts: DemoParts, signal: AbortSignal): Promise<Omit<DemoReport, 'seconds' | 'processesLeft'>> {
  const { addresses } = parts.stack;
  const { db, close } = openDb(addresses.database, { max: 2 });
  let temporal: Temporal | undefined;
  const scripted = parts.models !== null;
  const { plan, ...rest } = demoPlan(places.workspace, parts.ssh.alias, scripted);
  try {
    temporal = await connectTemporal({ env: {}, address: addresses.temporal, namespace: addresses.namespace });
    const stage = { db, temporal, signal: whileWhole(parts, signal), answer: options.answer, tell: options.tell };
    const { status, answered } = await play(stage, { plan, ...rest });
    const seen = await seenParts(db, status, ownHome(options, places));
    const exitCode = await runTests(places, options.path);
    const outcome = status.state === 'completed' && exitCode === 0 ? 'completed' : 'failed';
    return { outcome, scripted, status, answered, checks: [{ name: 'npm test', exitCode }], workspace: places.workspace, parts, seen, modelRequests: await modelRequests(parts) };
  } catch (error) {
    // Whatever went wrong, no agent works on after the demo.
    if (temporal) await cancel(temporal, { project: plan.project }, AbortSignal.timeout(CANCEL_MS)).catch(() => undefined);
    throw error;
  } finally {
    await temporal?.close();
    await close();
  }
}

/** Cancelled by `signal`: everything is stopped, then it rejects. */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<DemoReport> {
  const startedAt = Date.now();
  const places = makePlaces(options.dataDir, options.example);
  const parts = await startParts({ ...options, places, outlive: options.keep }, signal);
  let kept = false;
  try {
    const report = await perform(options, places, parts, signal);
    kept = options.keep;
    if (kept) keep(options, places, parts);
    else await parts.stop();
    const started = [...parts.processes, ...parts.stack.processes];
    const seconds = (Date.now() - startedAt) / 1000;
    return { ...report, seconds, processesLeft: kept ? 0 : (await leftovers(started, ownHome(options, places))).length };
  } finally {
    if (!kept) await stopAll(parts, ownHome(options, places));
  }
}

async function stopAll(parts: DemoParts, home: string | null): Promise<void> {
  await parts.stop();
  if (home !== null) await endAllOf(home);
}

function keep({ startedFile }: DemoOptions, places: DemoPlaces, { stack, processes, env, models }: DemoParts): void {
  markInUse(places, [...processes, ...stack.processes]);
  recordStarted(startedFile, { processes: [...processes, ...stack.processes], addresses: stack.addresses, env, scripted: models !== null });
}
