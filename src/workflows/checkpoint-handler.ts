/** The update `checkpointNow`: the files as they are, kept on demand; also while an agent works. */
import { setHandler } from '@temporalio/workflow';
import type { CheckpointReport } from '../activities/contract.ts';
import type { CheckpointRequestCall } from '../domain/checkpoint.ts';
import { groups, timeouts } from './activity-groups.ts';
import { refusal, refusalOf } from './answer-handlers.ts';
import { refused } from './inbox.ts';
import { checkpointUpdate } from './messages.ts';
import type { Milestone, MilestoneInput, MilestoneState } from './milestone-state.ts';

/** Throws `bad_input`. It may come from the Web UI, so anything may be in it. */
export function demandCheckpoint(payload: unknown): CheckpointRequestCall {
  const { by = undefined } = (typeof payload === 'object' && payload !== null ? payload : {}) as { by?: unknown };
  if (by === undefined || by === null) return {};
  if (typeof by !== 'string' || by.length === 0 || by.length > 200) throw refusal(refused('bad_input', '"by" is not a name'));
  return { by };
}

function demandNow({ epoch, final }: MilestoneState, payload: unknown): CheckpointRequestCall {
  if (final !== null) throw refusal(refused('not_open', 'the milestone has ended'));
  if (epoch === null) throw refusal(refused('policy', 'the milestone waits for the workspace and does not hold it'));
  return demandCheckpoint(payload);
}

async function checkpointNow(m: Milestone, request: CheckpointRequestCall): Promise<CheckpointReport> {
  const { project, milestone, planSha256 } = m.input;
  const options = { ...timeouts.snapshot(m.brief), summary: `${milestone} checkpoint on demand` };
  try {
    return await groups.host.keepCheckpoint.executeWithOptions(options, [{ project, milestone, planSha256, epoch: m.state.epoch ?? 0, ...request }]);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** `milestone()` is asked each time: what it follows changes. */
export function handleCheckpoint(input: MilestoneInput, state: MilestoneState, milestone: () => Milestone): void {
  setHandler(checkpointUpdate, (payload: CheckpointRequestCall) => checkpointNow(milestone(), demandNow(state, payload)), {
    validator: (payload: unknown) => void demandNow(state, payload),
    description: `Keep the files of ${input.milestone} as they are now: {"by": "your name"}`,
  });
}
