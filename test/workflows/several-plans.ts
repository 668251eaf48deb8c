/** A world of fakes that knows several plans of one project. */
import type { MilestoneBrief, MilestoneDifference, TaskBrief } from '../../src/activities/contract.ts';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import { applyPlan } from '../../src/temporal/client.ts';
import type { TestWorker } from '../support/temporal-worker.ts';
import { newWorld, type World } from './fakes.ts';

/** Plans by digest; anything else is the first one. */
export type Plans = Record<string, (MilestoneBrief & { dependsOn?: string[] })[]>;

/** Edited: tasks whose title begins with `Other`. */
function differenceOf(before: MilestoneBrief | undefined, after: MilestoneBrief): MilestoneDifference {
  const [old, now] = [before?.tasks ?? [], after.tasks];
  const has = (list: TaskBrief[], id: string): boolean => list.some((one) => one.id === id);
  return {
    id: after.milestone, kind: before ? 'kept' : 'added', edited: now.filter(({ id, title }) => title.startsWith('Other') && has(old, id)).map(({ id }) => id),
    added: before ? now.filter(({ id }) => !has(old, id)).map(({ id }) => id) : [], removed: old.filter(({ id }) => !has(now, id)).map(({ id }) => id),
  };
}

/** A world whose activities know several plans, and speak to milestones as the real ones do. */
export function worldOfPlans(worker: TestWorker, first: Plans[string], plans: Plans, on: World['on'] = {}): World {
  const of = (sha: string) => plans[sha] ?? first;
  const world = newWorld({ milestones: first });
  const briefOf = (list: Plans[string]) => ({ project: world.project, host: 'local', milestones: list.map((m) => ({ id: m.milestone, title: m.title, dependsOn: m.dependsOn ?? [] })) });
  const find = (list: Plans[string], id: string) => list.find((m) => m.milestone === id);
  world.on = {
    loadMilestone: async (p) => find(of(p.planSha256), p.milestone)!,
    comparePlans: async ({ planSha256, to }) => ({
      refused: null, brief: briefOf(of(to)),
      milestones: [
        ...of(to).map((m) => differenceOf(find(of(planSha256), m.milestone), m)),
        ...of(planSha256).filter((m) => !find(of(to), m.milestone)).map((m): MilestoneDifference => ({ id: m.milestone, kind: 'removed', added: [], removed: [], edited: [] })),
      ],
    }),
    tellMilestone: async ({ project, milestone: id, planSha256, check }) => applyPlan(worker.temporal, { project, milestone: id }, { planSha256, by: 'ann', ...(check ? { check } : { checked: true }) })
      .then(() => ({ refused: null }), (error: unknown) => {
        if (error instanceof HoldpointError && error.kind === 'policy') return { refused: error.message };
        throw error;
      }),
    ...on,
  };
  return world;
}
