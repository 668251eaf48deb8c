/** A project is cancelled while a child of its agent has a session of its own and ignores the signals that can be ignored. */
import type { ScriptedStep } from '../../agents/scripted.ts';
import type { Db } from '../../db/transaction.ts';
import { isThere } from '../hands.ts';
import { eventsOf, storedRuns } from '../probes.ts';
import { close, type Scene } from '../scene.ts';
import { strike, type Struck } from '../struck.ts';
import { until } from '../waiting.ts';

export const ESCAPE: ScriptedStep = { escape: true };

async function escapeeOf(db: Db, project: string): Promise<number | null> {
  const text = (await storedRuns(db, project)).flatMap(({ rows }) => rows.map(({ raw }) => raw.toString('utf8'))).join('\n');
  const pid = Number(/escaped as (\d+)/.exec(text)?.[1]);
  return Number.isInteger(pid) ? pid : null;
}

/** Recovered means closed: then nothing of the run may be there any more. */
export async function cancelWithEscapee(scene: Scene): Promise<Struck> {
  const { hands, service: { db }, at, signal } = scene;
  const escapee = await until('process that has escaped', signal, () => escapeeOf(db, at.project));
  if (!(await isThere(hands, escapee))) throw new Error(`process ${escapee} ended by itself before the cancel`);
  let closed = '';
  const struck = await strike(scene, {
    inject: async () => void close(scene).then((status) => (closed = status), (error: unknown) => (closed = String(error))),
    sign: async () => (await eventsOf(db, at.project, 'run_cancelled'))[0] ?? null,
    recovered: async () => closed !== '',
  });
  if (closed !== 'CANCELLED') throw new Error(`the project closed as ${closed}`);
  if (await isThere(hands, escapee)) throw new Error(`process ${escapee}, which had escaped, is still there after the cancel`);
  return { ...struck, seen: struck.seen.replace(/^cancelled: /, '') };
}
