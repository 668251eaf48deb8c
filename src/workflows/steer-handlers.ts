/** The handlers of `steer` and its update twin: a person's words for the agent that is at work, or for the next prompt. */
import { condition, log, setHandler, uuid4 } from '@temporalio/workflow';
import type { SteerAgent } from '../activities/contract.ts';
import { MAX_STEER, readSteer, type Steer } from '../domain/steering.ts';
import { groups } from './activity-groups.ts';
import { refusal } from './answer-handlers.ts';
import { failureMessage } from './failures.ts';
import { refused, type Refusal } from './inbox.ts';
import { steerSignal, steerUpdate, type SteerAccepted } from './messages.ts';
import { lanesOf } from './lane.ts';
import type { MilestoneInput, MilestoneState } from './milestone-state.ts';
import { taskProblem } from './open-task.ts';
import { noteEvent } from './recorder.ts';

const MOOT = 'nobody would read it';

/** Before the plan is read nobody knows its tasks. */
const problemOf = (state: MilestoneState, { task }: Steer): Refusal | undefined => taskProblem(state, state.tasks.length === 0 ? undefined : task, MOOT);

function judge(state: MilestoneState, payload: unknown): { kind: 'accepted'; steer: Steer } | Refusal {
  const read = readSteer(payload);
  if ('problem' in read) return refused('bad_input', read.problem);
  return problemOf(state, read.steer) ?? { kind: 'accepted', steer: read.steer };
}

function demand(state: MilestoneState, payload: unknown): Steer {
  const verdict = judge(state, payload);
  if (verdict.kind === 'refused') throw refusal(verdict);
  return verdict.steer;
}

type Words = Pick<SteerAgent, 'task' | 'run'>;

/** For each run that is followed at this moment and that the words are for; else for the next prompt. */
function readersOf(state: MilestoneState, { task, next }: Steer): Words[] {
  const live = lanesOf(state).flatMap((lane) => lane.live ?? []).filter((run) => !next && (task === undefined || task === run.task));
  if (live.length > 1) return live.map((run) => ({ task: run.task, run }));
  return [{ task: task ?? null, run: live[0] ?? null }];
}

async function tellOne(input: MilestoneInput, state: MilestoneState, { text, by }: Steer, words: Words): Promise<'turn' | 'next'> {
  const said = { id: uuid4(), text, task: words.task, by: by ?? null, at: new Date().toISOString() };
  // They are kept under the lease; before it is there nobody works.
  await condition(() => state.epoch !== null || state.final !== null);
  if (state.final !== null) throw refusal(refused('not_open', `the milestone has ended (${state.final}): ${MOOT}`));
  const { project, milestone } = input;
  const call = { project, planSha256: state.followed ?? input.planSha256, milestone, epoch: state.epoch ?? 0, ...said, run: words.run };
  const { reached } = await groups.host.steerAgent.executeWithOptions({ summary: `${said.task ?? milestone} steered by ${said.by ?? 'somebody'}`.slice(0, 200) }, [call]);
  noteEvent(state, 'steered', `by ${said.by ?? 'somebody'}, ${reached === 'turn' ? 'told to the running agent' : 'kept for the next prompt'}`);
  return reached;
}

/** Returns when the words are kept, and handed on if somebody takes them: to each agent at work, where several are. */
async function tell(input: MilestoneInput, state: MilestoneState, steer: Steer): Promise<SteerAccepted> {
  const reached = await Promise.all(readersOf(state, steer).map((words) => tellOne(input, state, steer, words)));
  return { accepted: true, reached: reached.includes('turn') ? 'turn' : 'next' };
}

async function onSignal(input: MilestoneInput, state: MilestoneState, payload: unknown): Promise<void> {
  const verdict = judge(state, payload);
  if (verdict.kind === 'refused') return log.warn('steer ignored', { failure: verdict.failure, why: verdict.message });
  await tell(input, state, verdict.steer).catch((error: unknown) => log.warn('steer lost', { why: failureMessage(error) }));
}

const description = `Say something to the agent at work, up to ${MAX_STEER} characters: {"text": "use tabs", "task": "its id, or none", "next": false, "by": "your name"}`;

export function handleSteer(input: MilestoneInput, state: MilestoneState): void {
  setHandler(steerSignal, (payload: unknown) => onSignal(input, state, payload), { description });
  setHandler(steerUpdate, (payload: unknown) => tell(input, state, demand(state, payload)), { validator: (payload: unknown) => void demand(state, payload), description });
}
