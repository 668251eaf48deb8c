/** What the histories of a milestone say, all its runs in order: the one account that no killed worker can have touched. */
import type { Client } from '@temporalio/client';
import type { TaskState } from '../../../src/domain/states.ts';

export type Fact =
  | { kind: 'state'; task: string; state: TaskState }
  | { kind: 'begun' | 'run'; task: string; turn: number; seq: number }
  /** The activity of a run has ended. */
  | { kind: 'ended' };

interface Input {
  task?: string;
  turn?: number;
  seq?: number;
  tasks?: { id: string; state: TaskState }[];
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

const inputOf = (data: Uint8Array | null | undefined): Input => JSON.parse(Buffer.from(data ?? []).toString()) as Input;

function scheduled(name: string, { task = '', turn = 0, seq = 0, tasks = [] }: Input): Fact[] {
  if (name === 'recordState') return tasks.map(({ id, state }) => ({ kind: 'state', task: id, state }));
  if (name === 'beginTurn') return [{ kind: 'begun', task, turn, seq }];
  return name === 'runTurn' ? [{ kind: 'run', task, turn, seq }] : [];
}

function factsOf({ events }: History): Fact[] {
  const runs = new Set<string>();
  return (events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: asked, activityTaskCompletedEventAttributes: done }): Fact[] => {
    if (done) return runs.has(String(done.scheduledEventId)) ? [{ kind: 'ended' }] : [];
    if (!asked) return [];
    const name = asked.activityType?.name ?? '';
    if (name === 'runTurn') runs.add(String(eventId));
    return scheduled(name, inputOf(asked.input?.payloads?.[0]?.data));
  });
}

export interface Told {
  facts: Fact[];
  /** Histories it took. */
  runs: number;
}

export async function readFacts(client: Client, workflowId: string, firstRunId: string): Promise<Told> {
  const told: Told = { facts: [], runs: 0 };
  for (let runId: string | null | undefined = firstRunId; runId;) {
    const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    told.facts.push(...factsOf(history));
    told.runs += 1;
    runId = history.events?.find((event) => event.workflowExecutionContinuedAsNewEventAttributes)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return told;
}
