/** What was done since a checkpoint and no restore undoes: before somebody goes on from there once more. Changes nothing and holds nothing. */
import { TemporalFailure } from '@temporalio/workflow';
import type { Effects, ListEffects as EffectsInput } from '../activities/contract.ts';
import { groups } from './activity-groups.ts';
import { endedBy } from './failures.ts';

export type { EffectsInput };

export async function effectsWorkflow(input: EffectsInput): Promise<Effects> {
  try {
    return await groups.host.listEffects.executeWithOptions({ summary: `${input.milestone} what was done since checkpoint ${input.checkpoint}` }, [input]);
  } catch (error) {
    throw error instanceof TemporalFailure ? endedBy(error) : error;
  }
}
