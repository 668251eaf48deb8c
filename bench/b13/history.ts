/** B13, history: what a supervised turn leaves in the history of its milestone, and how long a history gets where it continues as new. */
import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { WORKFLOW_QUEUE } from '../../src/workflows/messages.ts';
import type { milestoneWorkflow } from '../../src/workflows/milestone.ts';
import { PROCEED } from '../b10/calls.ts';
import { startWorkers, type Workers } from '../b10/workers.ts';
import type { Context, Round } from '../benchmark.ts';
import { median } from '../stats.ts';

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

export interface HistorySize {
  rounds: number;
  turns: number;
  /** Events after which a run continues as new; the server's own limit is 4,096. */
  limit: number;
}

/** Histories of all runs of one milestone, each of whose tasks is accepted after its first turn. */
async function historiesOf({ temporal, behaviour }: Workers, turns: number, historyLimit?: number): Promise<Events[]> {
  const project = `b13-${randomBytes(5).toString('hex')}`;
  Object.assign(behaviour, { tasks: turns, judge: PROCEED, onRecord: () => undefined });
  const { workflow } = temporal.client;
  const workflowId = milestoneWorkflowId(project, 'm');
  const input = { project, planSha256: 'bench', milestone: 'm', ...(historyLimit !== undefined && { historyLimit }) };
  const first = await workflow.start<typeof milestoneWorkflow>('milestoneWorkflow', { workflowId, taskQueue: WORKFLOW_QUEUE, args: [input] });
  await first.result();
  const runs: Events[] = [];
  for (let runId: string | undefined = first.firstExecutionRunId; runId;) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push(events ?? []);
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}

/** Data of all payloads in it. */
function bytesIn(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  return typeof value === 'object' && value !== null ? Object.values(value).reduce<number>((sum, one) => sum + bytesIn(one), 0) : 0;
}

/** Events from each turn's start to the next one's. */
function turnsIn(events: Events): Events[] {
  const starts = events.flatMap((event, at) => (event.activityTaskScheduledEventAttributes?.activityType?.name === 'beginTurn' ? [at] : []));
  return starts.slice(1).map((to, n) => events.slice(starts[n], to));
}

function halves(perTurn: number[]): Round {
  const middle = Math.floor(perTurn.length / 2);
  return { ours: perTurn.slice(middle), anchor: perTurn.slice(0, middle) };
}

async function takeRound(workers: Workers, { turns, limit }: HistorySize): Promise<Record<string, Round>> {
  const [whole = []] = await historiesOf(workers, turns);
  const perTurn = turnsIn(whole);
  const runs = await historiesOf(workers, turns, limit);
  if (runs.length < 2) throw new Error(`${turns} turns gave one run of ${runs[0]?.length} events: none continued as new after ${limit}`);
  return {
    'B13-events': halves(perTurn.map((events) => events.length)),
    'B13-payload': halves(perTurn.map((events) => bytesIn(events))),
    'B13-history': { ours: runs.map((events) => events.length / limit), anchor: [whole.length / limit] },
  };
}

export async function historyRounds({ servers, log }: Context, size: HistorySize): Promise<Record<string, Round[]>> {
  const workers = await startWorkers(await servers.temporal(), log);
  try {
    const taken: Record<string, Round[]> = {};
    for (let n = 1; n <= size.rounds; n += 1) {
      const round = await takeRound(workers, size);
      for (const [key, one] of Object.entries(round)) (taken[key] ??= []).push(one);
      const told = Object.entries(round).map(([key, { ours, anchor }]) => `${key.slice(4)} ${median(ours).toFixed(2)} (anchor ${median(anchor).toFixed(2)})`);
      log(`B13 round ${n} of ${size.rounds}: ${told.join(', ')}`);
    }
    return taken;
  } finally {
    await workers.stop();
  }
}
