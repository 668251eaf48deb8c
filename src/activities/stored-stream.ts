/** What a run said, learned again from the lines that are stored: nothing else is looked at. */
import { runLines } from '../db/agent-events.ts';
import type { StreamSummary } from '../domain/agent.ts';
import type { AgentSettings } from '../domain/plan.ts';
import type { Deps } from './deps.ts';

/** Of a run that was never begun, or of none: the summary of an empty stream. */
export async function summaryOf(deps: Deps, settings: AgentSettings, runKey: string | undefined): Promise<StreamSummary> {
  const fold = deps.agent(settings).fold();
  if (runKey !== undefined) for await (const raw of runLines(deps.db, runKey)) fold.line(raw.toString('utf8'));
  return fold.summary(null);
}
