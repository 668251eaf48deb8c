/** One run of the writer under a real workflow, and a second follower beside the worker's. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { RunTurn } from '../../../src/activities/contract.ts';
import { savePlan } from '../../../src/db/plans.ts';
import { milestoneWorkflowId } from '../../../src/domain/ids.ts';
import { parsePlan } from '../../../src/domain/plan-schema.ts';
import { startProject } from '../../../src/temporal/start.ts';
import { connectTemporal } from '../../../src/temporal/connection.ts';
import { eventually } from '../eventually.ts';
import { callActivity, startInProcess } from './in-process.ts';
import { CONNECT } from '../temporal-worker.ts';
import { HOST, type Stage } from './stage.ts';
import { createWriter, flowText, WRITER, type Flow } from './writer.ts';

export interface WrittenRun {
  key: string;
  workspace: string;
  /** Of what is stored. */
  offset: () => Promise<number>;
  /** Lets the writer come to its end. */
  finish: () => void;
  /** Resolves when the turn is judged and its milestone waits for a person. */
  rested: () => Promise<void>;
  /** Types of what the turn's attempts failed with, where another attempt came after; to be asked when it is over. */
  failures: () => Promise<string[]>;
  /** Follows the run beside the worker until it has seen it grow, then lets go. */
  attachSecond: () => Promise<void>;
}

function planText(project: string, workspace: string, flow: Flow, policy: object): string {
  return JSON.stringify({
    project, workspace: { host: HOST, path: workspace }, agent: { name: WRITER, attempts: 1 }, policy,
    milestones: [{ id: 'm', title: 'Stream', tasks: [{ id: 't', title: 'Stream', instructions: flowText(flow) }] }],
  });
}

async function startPlan(stage: Stage, project: string, text: string): Promise<string> {
  const parsed = parsePlan({ file: 'holdpoint.yaml', text, readFile: () => null });
  if (!parsed.ok) throw new Error(parsed.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  await savePlan(stage.db, { project, sha256: parsed.sha256, plan: parsed.plan, source: text });
  const temporal = await connectTemporal({ ...CONNECT, address: stage.temporal.address, namespace: stage.temporal.namespace });
  await startProject(temporal, { project, planSha256: parsed.sha256 });
  await temporal.close();
  return parsed.sha256;
}

/** Returns when the run's first lines are stored. A worker must poll. `policy`: that of the plan. */
export async function startWrittenRun(stage: Stage, project: string, flow: Flow, policy: object = {}): Promise<WrittenRun> {
  const workspace = stage.workspace(project);
  const planSha256 = await startPlan(stage, project, planText(project, workspace, flow, policy));
  const row = () => stage.db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id')
    .select(['run_key', 'out_offset', 'epoch']).where('project', '=', project).executeTakeFirst();
  const first = await eventually(async () => ((await row())?.out_offset ? row() : null), { timeoutMs: 120_000, what: 'the first stored line' });
  const call: RunTurn = { project, planSha256, milestone: 'm', epoch: first.epoch, task: 't', turn: 1, seq: 1 };
  const offset = async (): Promise<number> => (await row())?.out_offset ?? 0;
  return {
    key: first.run_key, workspace, offset,
    finish: () => writeFileSync(join(workspace, 'finish'), ''),
    rested: async () => {
      const question = () => stage.db.selectFrom('breakpoint').select('reason').where('project', '=', project).executeTakeFirst();
      await eventually(question, { timeoutMs: 120_000, everyMs: 100, what: `the end of ${project}` });
    },
    failures: () => failuresOf(stage, project),
    attachSecond: () => attachSecond(stage, call, offset),
  };
}

/** Of attempts that somebody gave up, such as the server for want of a heartbeat, the type is empty. */
async function failuresOf(stage: Stage, project: string): Promise<string[]> {
  const temporal = await connectTemporal({ ...CONNECT, address: stage.temporal.address, namespace: stage.temporal.namespace });
  const { events } = await temporal.client.workflow.getHandle(milestoneWorkflowId(project, 'm')).fetchHistory();
  await temporal.close();
  const turns = new Set((events ?? []).filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'runTurn').map(({ eventId }) => String(eventId)));
  const started = (events ?? []).map((event) => event.activityTaskStartedEventAttributes).filter((one) => turns.has(String(one?.scheduledEventId)));
  return started.flatMap((one) => (one?.lastFailure ? [one.lastFailure.applicationFailureInfo?.type ?? ''] : []));
}

/** The same activity as the worker's, with a pool and a link of its own; let go of as a worker that shuts down does. */
async function attachSecond(stage: Stage, call: RunTurn, offset: () => Promise<number>): Promise<void> {
  const second = startInProcess(stage, createWriter());
  const before = await offset();
  const { result, beats, letGo } = callActivity(second, 'runTurn', call);
  let ended = false;
  const following = result.catch(() => undefined).finally(() => (ended = true));
  const hasStored = (): boolean => beats.some((beat) => ((beat as { offset?: number } | null)?.offset ?? 0) > before);
  // It ends by itself when the worker is faster and fences it.
  await eventually(() => ended || hasStored(), { timeoutMs: 60_000, what: 'a second follower that stores' });
  letGo();
  await following;
  await second.close();
}
