/** B10 (a): from sending a signal to the start of the first activity that follows from it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { answerSignal, milestoneStatusQuery, WORKFLOW_QUEUE } from '../../src/workflows/messages.ts';
import type { milestoneWorkflow } from '../../src/workflows/milestone.ts';
import { PROCEED, type Call } from './calls.ts';
import { BARE_QUEUE, type Workers } from './workers.ts';
import { goOnSignal, waitingQuery, type bareSignals } from './workflows.ts';

const SETTLE_MS = 30;

/** Until the completion of the last activity has reached the workflow; the query waits for the rest. */
async function settled(query: () => Promise<unknown>): Promise<void> {
  await sleep(SETTLE_MS);
  await query();
}

async function timed(next: Promise<Call>, signal: () => Promise<void>): Promise<number> {
  const sentAt = performance.now();
  const [call] = await Promise.all([next, signal()]);
  return call.startedAt - sentAt;
}

/** Ids of questions, in the order they are recorded. */
function questionsOf({ behaviour }: Workers): () => Promise<string> {
  const asked: string[] = [];
  let wake: () => void = () => undefined;
  behaviour.onRecord = ({ opened = [] }) => {
    asked.push(...opened.map(({ id }) => id));
    wake();
  };
  return async () => {
    while (asked.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return asked.shift() ?? '';
  };
}

/** A milestone whose every turn ends in a question; each answer begins another turn. */
export async function ourSignals(workers: Workers, count: number): Promise<number[]> {
  const project = `b10-${randomBytes(5).toString('hex')}`;
  Object.assign(workers.behaviour, { tasks: 1, judge: { ...PROCEED, decision: 'breakpoint', rule: 'confidence_low', breakpoint: 'confidence_too_low' } });
  const nextQuestion = questionsOf(workers);
  const handle = await workers.temporal.client.workflow.start<typeof milestoneWorkflow>('milestoneWorkflow', {
    workflowId: milestoneWorkflowId(project, 'm'), taskQueue: WORKFLOW_QUEUE, args: [{ project, planSha256: 'bench', milestone: 'm' }],
  });
  const samples: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const breakpoint = await nextQuestion();
    await settled(() => handle.query(milestoneStatusQuery));
    samples.push(await timed(workers.calls.ours.next(), () => handle.signal(answerSignal, { breakpoint, action: 'retry' })));
  }
  await nextQuestion();
  await settled(() => handle.query(milestoneStatusQuery));
  await handle.terminate('the benchmark is over');
  return samples;
}

/** The same wait and the same signal, and nothing but them. */
export async function bareSignalsRound({ temporal, calls }: Workers, count: number): Promise<number[]> {
  const handle = await temporal.client.workflow.start<typeof bareSignals>('bareSignals', {
    workflowId: `b10-bare-${randomBytes(5).toString('hex')}`, taskQueue: BARE_QUEUE, args: [count],
  });
  const samples: number[] = [];
  for (let n = 0; n < count; n += 1) {
    await settled(() => handle.query(waitingQuery));
    samples.push(await timed(calls.bare.next(), () => handle.signal(goOnSignal)));
  }
  await handle.result();
  return samples;
}
