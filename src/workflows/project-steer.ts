/** `steer` to a project: handed to its running milestones. */
import { log, setHandler } from '@temporalio/workflow';
import { readSteer, type Steer } from '../domain/steering.ts';
import { refusal } from './answer-handlers.ts';
import { failureMessage } from './failures.ts';
import { steerSignal, steerUpdate } from './messages.ts';
import type { Run } from './project-children.ts';

async function hand(run: Run, steer: Steer): Promise<void> {
  await Promise.all([...run.running.values()].map((child) => child.signal(steerSignal, steer).catch((error: unknown) => {
    log.info('a milestone could not be told', { workflowId: child.workflowId, error: failureMessage(error) });
  })));
}

function demand(run: Run, payload: unknown): Steer {
  const read = readSteer(payload);
  if ('problem' in read) throw refusal({ kind: 'refused', failure: 'bad_input', message: read.problem });
  if (run.running.size === 0) throw refusal({ kind: 'refused', failure: 'not_open', message: 'no milestone of the project runs: nobody would read it' });
  return read.steer;
}

async function onSignal(run: Run, payload: unknown): Promise<void> {
  const read = readSteer(payload);
  if ('problem' in read) return log.warn('steer ignored', { why: read.problem });
  await hand(run, read.steer);
}

const description = 'Say something to the agents at work in the running milestones: {"text": "use tabs", "by": "your name"}';

export function handleProjectSteer(run: Run): void {
  setHandler(steerSignal, (payload: unknown) => onSignal(run, payload), { description });
  // Each milestone decides for itself whether its running agent can be told: `next` is all that can be promised here.
  const take = async (payload: unknown) => hand(run, demand(run, payload)).then(() => ({ accepted: true as const, reached: 'next' as const }));
  setHandler(steerUpdate, take, { validator: (payload: unknown) => void demand(run, payload), description });
}
