/** B10 (b): what a supervised turn takes beside its activities, and how many activities it needs. */
import { randomBytes } from 'node:crypto';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { WORKFLOW_QUEUE } from '../../src/workflows/messages.ts';
import type { milestoneWorkflow } from '../../src/workflows/milestone.ts';
import { PROCEED, type Call } from './calls.ts';
import { BARE_QUEUE, type Workers } from './workers.ts';
import type { bareActivities } from './workflows.ts';

export interface Turns {
  /** Milliseconds outside of activities, one per turn. */
  shares: number[];
  /** Activities of each turn. */
  counts: number[];
}

/** From the start of `calls[from]` to the start of `calls[to]`, without the time inside the activities between them. */
function shareOf(calls: Call[], from: number, to: number): number {
  const inside = calls.slice(from, to).reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0);
  return (calls[to]?.startedAt ?? NaN) - (calls[from]?.startedAt ?? NaN) - inside;
}

function between(calls: Call[], starts: number[]): Turns {
  const pairs = starts.slice(1).map((to, n) => [starts[n] ?? 0, to] as const);
  return { shares: pairs.map(([from, to]) => shareOf(calls, from, to)), counts: pairs.map(([from, to]) => to - from) };
}

/** One milestone of `turns` tasks and one more, each accepted after its first turn. */
export async function ourTurns({ temporal, calls, behaviour }: Workers, turns: number): Promise<Turns> {
  const project = `b10-${randomBytes(5).toString('hex')}`;
  Object.assign(behaviour, { tasks: turns + 1, judge: PROCEED, onRecord: () => undefined });
  calls.ours.clear();
  await temporal.client.workflow.execute<typeof milestoneWorkflow>('milestoneWorkflow', {
    workflowId: milestoneWorkflowId(project, 'm'), taskQueue: WORKFLOW_QUEUE, args: [{ project, planSha256: 'bench', milestone: 'm' }],
  });
  const starts = calls.ours.all.flatMap(({ name }, n) => (name === 'beginTurn' ? [n] : []));
  return between(calls.ours.all, starts);
}

/** As many activities for each turn, and one more turn. */
export async function bareTurns({ temporal, calls }: Workers, turns: number, perTurn: number): Promise<Turns> {
  calls.bare.clear();
  await temporal.client.workflow.execute<typeof bareActivities>('bareActivities', {
    workflowId: `b10-bare-${randomBytes(5).toString('hex')}`, taskQueue: BARE_QUEUE, args: [(turns + 1) * perTurn],
  });
  return between(calls.bare.all, Array.from({ length: turns + 1 }, (_, n) => n * perTurn));
}
