/** When whoever follows a target may stop. */
import { readStatus } from '../db/status.ts';
import type { Db } from '../db/transaction.ts';
import type { Target } from '../domain/ids.ts';

const OVER = ['completed', 'failed', 'cancelled', 'skipped'];

/** Nothing more can come: what the target names has ended. */
export async function isOver(db: Db, target: Target): Promise<boolean> {
  const [project] = (await readStatus(db, target.project)).projects;
  const milestones = (project?.milestones ?? []).filter(({ id }) => target.milestone === undefined || id === target.milestone);
  const tasks = milestones.flatMap((milestone) => milestone.tasks).filter(({ id }) => target.task === undefined || id === target.task);
  if (target.turn !== undefined) return tasks.some(({ turns }) => turns.some(({ turn, outcome }) => turn === target.turn && outcome !== null));
  return OVER.includes(project?.state ?? '') || tasks.every(({ state }) => OVER.includes(state));
}
