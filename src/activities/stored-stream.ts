/** What a run said, learned again from the lines that are stored: nothing else is looked at. */
import { runLines } from '../db/agent-events.ts';
import type { Run } from '../db/runs.ts';
import type { StreamSummary } from '../domain/agent.ts';
import type { AgentSettings } from '../domain/plan.ts';
import type { Deps } from './deps.ts';
import type { RunPlan } from './loaded-run.ts';

/** Of a run that was never begun, or of none: the summary of an empty stream. */
export async function summaryOf(deps: Deps, settings: AgentSettings, runKey: string | undefined): Promise<StreamSummary> {
  const fold = deps.agent(settings).fold();
  if (runKey !== undefined) for await (const raw of runLines(deps.db, runKey)) fold.line(raw.toString('utf8'));
  return fold.summary(null);
}

const madePlan = ({ spec }: Pick<Run, 'spec'>): boolean => (spec as Partial<RunPlan> | null)?.planning === true;

/**
 * What a turn did in all its runs, and how its last one ended. `planning`: it made a plan; otherwise what was done to make one is
 * no part of carrying it out.
 */
export async function summaryOfTurn(deps: Deps, settings: AgentSettings, runs: readonly Pick<Run, 'key' | 'spec'>[], planning = false): Promise<StreamSummary> {
  let whole = await summaryOf(deps, settings, undefined);
  for (const run of runs.filter((one) => planning || !madePlan(one))) {
    const next = await summaryOf(deps, settings, run.key);
    whole = {
      ...next,
      toolCalls: whole.toolCalls + next.toolCalls,
      denials: [...whole.denials, ...next.denials],
      bypasses: [...whole.bypasses, ...next.bypasses],
      writes: [...whole.writes, ...next.writes],
      ...(next.commands && { commands: [...(whole.commands ?? []), ...next.commands] }),
    };
  }
  return whole;
}
