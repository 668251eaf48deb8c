/** All that one run of a turn needs, put together from the plan and the rows that `beginTurn` wrote. */
import type { Agent, AgentLaunch } from '../domain/agent.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { turnTarget } from '../domain/ids.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn, type Turn } from '../db/turns.ts';
import type { RunTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import { planned, type Planned } from './plans.ts';

/** What `beginTurn` keeps in the run's row: enough to start the run again after a crash, no secrets. */
export interface RunPlan {
  sessionId: string;
  resume: boolean;
  prompt: string;
}

export interface LoadedRun {
  call: RunTurn;
  key: string;
  planned: Planned;
  turn: Turn;
  agent: Agent;
  /** Resolves credentials; throws `secret_missing`. */
  launch(): AgentLaunch;
  /** The last request to start it that was sent to the host; settles when that is answered, or lost. */
  starting: Promise<void>;
}

/** Output beyond this ends a run: far above any real turn, far below a full disk. */
const OUTPUT_LIMIT_BYTES = 512 * 1024 * 1024;
const GRACE_MS = 10_000;

export async function loadRun(deps: Deps, call: RunTurn): Promise<LoadedRun> {
  const [context, turn, runs] = await Promise.all([planned(deps, call), loadTurn(deps.db, call), runsOfTurn(deps.db, call)]);
  const row = runs.find(({ seq }) => seq === call.seq);
  if (!row) throw new HoldpointError('unknown_target', `run ${call.seq} of turn ${turnTarget(call)} was not begun`);
  const { plan } = context;
  const agent = deps.agent(plan.agent);
  const { sessionId, resume, prompt } = row.spec as RunPlan;
  const launch = (): AgentLaunch => agent.launch({
    runKey: row.key, workspace: plan.workspace.path, prompt, sessionId, resume,
    model: plan.agent.model, maxTurns: plan.agent.maxTurns, budgetUsd: plan.agent.budgetUsd,
    instructions: plan.agent.instructions, mcpServers: plan.agent.mcp,
    gate: { workspace: plan.workspace.path, ...plan.policy.permissions },
    limits: { wallMs: plan.agent.timeoutMs, outBytes: OUTPUT_LIMIT_BYTES, graceMs: GRACE_MS },
  });
  return { call, key: row.key, planned: context, turn, agent, launch, starting: Promise.resolve() };
}
