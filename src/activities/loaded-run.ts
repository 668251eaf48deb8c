/** All that one run of a turn needs, put together from the plan and the rows that `beginTurn` wrote. */
import type { Agent, AgentLaunch } from '../domain/agent.ts';
import type { GatePolicy, GivenAnswer } from '../domain/gate-policy.ts';
import type { Plan, TaskPlan } from '../domain/plan.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { turnTarget } from '../domain/ids.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn, type Turn } from '../db/turns.ts';
import type { RunTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import { planned, taskIn, type Planned } from './plans.ts';

/** What `beginTurn` keeps in the run's row: enough to start the run again after a crash, no secrets. */
export interface RunPlan {
  sessionId: string;
  resume: boolean;
  /** How the transcript of the session came back, or that it did not; absent: it was there. */
  found?: 'putBack' | 'putBackHidden' | 'lost' | 'forked' | 'forkedHidden';
  /** Empty: the session goes on with the call it waits with. */
  prompt: string;
  /** A person's answer to that call. */
  answer?: GivenAnswer;
  /** Rules that a person allowed for good. */
  granted?: string[];
  /** It makes a plan and changes nothing. */
  planning?: true;
  /** Absent in rows of older versions: then the plan's hold. */
  maxTurns?: number;
  /** Null: no limit. */
  budgetUsd?: number | null;
  wallMs?: number;
}

export interface LoadedRun {
  call: RunTurn;
  key: string;
  planned: Planned;
  turn: Turn;
  /** Of the agent; a turn whose session was lost goes on in another. */
  sessionId: string;
  agent: Agent;
  /** Without a prompt: the session goes on with the call it waits with. */
  isEmpty: boolean;
  /** Resolves credentials; throws `secret_missing`. */
  launch(): AgentLaunch;
  /** The last request to start it that was sent to the host; settles when that is answered, or lost. */
  starting: Promise<void>;
}

/** Output beyond this ends a run: far above any real turn, far below a full disk. */
const OUTPUT_LIMIT_BYTES = 512 * 1024 * 1024;
const GRACE_MS = 10_000;

function lockedFor({ policy: { locked = [] } }: Plan, { mayChange = [] }: TaskPlan): Pick<GatePolicy, 'locked'> {
  return locked.length === 0 ? {} : { locked: { paths: locked, except: mayChange } };
}

/** The plan lets the agent ask a person. */
export const mayAsk = ({ policy }: Plan): boolean => policy.breakpoints.agent_question?.enabled !== false;

/** What the plan lets the agent do at that task. */
export const gateOf = ({ plan, place }: Planned, task: TaskPlan, { planning, granted, answer }: Pick<RunPlan, 'planning' | 'granted' | 'answer'>): GatePolicy => ({
  workspace: place.path, ...plan.policy.permissions, questions: mayAsk(plan), ...lockedFor(plan, task),
  ...(planning && { planning }), ...(granted && { granted }), ...(answer && { answer }),
});

export async function loadRun(deps: Deps, call: RunTurn): Promise<LoadedRun> {
  const [context, turn, runs] = await Promise.all([planned(deps, call), loadTurn(deps.db, call), runsOfTurn(deps.db, call)]);
  const row = runs.find(({ seq }) => seq === call.seq);
  if (!row) throw new HoldpointError('unknown_target', `run ${call.seq} of turn ${turnTarget(call)} was not begun`);
  const { plan } = context;
  const agent = deps.agent(plan.agent);
  const spec = row.spec as RunPlan;
  const { sessionId, resume, prompt, planning, ...limits } = spec;
  const { maxTurns = plan.agent.maxTurns, budgetUsd = plan.agent.budgetUsd, wallMs = plan.agent.timeoutMs } = limits;
  const launch = (): AgentLaunch => agent.launch({
    runKey: row.key, workspace: context.place.path, prompt, sessionId, resume,
    model: plan.agent.model, maxTurns, budgetUsd,
    instructions: plan.agent.instructions, mcpServers: plan.agent.mcp,
    questions: mayAsk(plan), ...(planning && { planning }),
    gate: gateOf(context, taskIn(context, call.task), spec),
    limits: { wallMs, outBytes: OUTPUT_LIMIT_BYTES, graceMs: GRACE_MS },
  });
  return { call, key: row.key, planned: context, turn, sessionId, agent, isEmpty: prompt === '', launch, starting: Promise.resolve() };
}
