/** From the checked file to the `Plan` the rest of the code sees: defaults in place, durations in milliseconds. Pure. */
import { BREAKPOINT_KINDS } from '../breakpoints.ts';
import { parseDuration } from '../duration.ts';
import type { AgentAuth, AgentSettings, CredentialSource, MilestonePlan, Plan, Policy, ReviewerSettings } from '../plan.ts';
import { DEFAULT_REVIEWER_MODEL } from './file.ts';
import type { PlanFile } from './file.ts';
import { parseSize } from './fields.ts';

export interface PlanDefaults {
  reviewer?: Partial<ReviewerSettings>;
}

/** What the file names rather than holds. */
export interface LoadedFiles {
  workspacePath: string;
  instructions: string | null;
  mcp: Record<string, unknown>;
}

export function toPlan(file: PlanFile, loaded: LoadedFiles, defaults: PlanDefaults): Plan {
  return {
    project: file.project,
    workspace: { host: file.workspace.host, path: loaded.workspacePath },
    agent: toAgent(file.agent, loaded),
    reviewer: toReviewer(file.reviewer, defaults.reviewer ?? {}),
    checks: file.checks.map(({ timeout, tasks, ...check }) => ({ ...check, timeoutMs: ms(timeout), tasks: tasks ?? null })),
    policy: toPolicy(file.policy),
    milestones: file.milestones.map((milestone, n) => toMilestone(milestone, file.milestones[n - 1]?.id)),
  };
}

const ms = (duration: string): number => parseDuration(duration) ?? Number.NaN;

function toAgent(agent: PlanFile['agent'], loaded: LoadedFiles): AgentSettings {
  const { name, maxTurns, attempts } = agent;
  return {
    name, maxTurns, attempts,
    model: agent.model ?? null, auth: toAuth(agent.auth), budgetUsd: agent.budgetUsd ?? null,
    instructions: loaded.instructions, mcp: loaded.mcp, timeoutMs: ms(agent.timeout),
  };
}

function toAuth(auth: PlanFile['agent']['auth']): AgentAuth {
  if (auth === 'login') return { kind: 'login' };
  if ('apiKey' in auth) return { kind: 'apiKey', source: toSource(auth.apiKey) };
  return { kind: 'oauthToken', source: toSource(auth.oauthToken) };
}

const toSource = (named: CredentialSource): CredentialSource =>
  'env' in named ? { on: named.on, env: named.env } : { on: named.on, file: named.file };

const toReviewer = (reviewer: PlanFile['reviewer'], defaults: Partial<ReviewerSettings>): ReviewerSettings => ({
  name: reviewer.name ?? defaults.name ?? 'ollama',
  model: reviewer.model ?? defaults.model ?? DEFAULT_REVIEWER_MODEL,
  deadlineMs: reviewer.deadline === undefined ? defaults.deadlineMs ?? 180_000 : ms(reviewer.deadline),
});

function toPolicy(policy: PlanFile['policy']): Policy {
  const { gate, permissions, withoutReviewer, watchdog } = policy;
  const breakpoints: Policy['breakpoints'] = {};
  for (const kind of BREAKPOINT_KINDS) {
    const given = policy.breakpoints[kind];
    if (given) breakpoints[kind] = { enabled: given.enabled, priority: given.priority ?? null };
  }
  return {
    gate, permissions, breakpoints, withoutReviewer, hostPatienceMs: ms(policy.hostPatience),
    watchdog: {
      silentAfterMs: ms(watchdog.silentAfter), silentInToolAfterMs: ms(watchdog.silentInToolAfter), sameCalls: watchdog.sameCalls,
      exitAfterMs: ms(watchdog.exitAfter),
    },
    snapshot: { exclude: policy.snapshot.exclude, maxFileBytes: parseSize(policy.snapshot.maxFileSize) },
    usage: { startBelow: policy.usage.startBelow === 'off' ? null : policy.usage.startBelow }, overload: policy.overload,
  };
}

function toMilestone(milestone: PlanFile['milestones'][number], above: string | undefined): MilestonePlan {
  return {
    id: milestone.id,
    title: milestone.title ?? milestone.id,
    dependsOn: milestone.dependsOn ?? (above === undefined ? [] : [above]),
    tasks: milestone.tasks.map(({ title, deadline, ...task }) => ({
      ...task, title: title ?? task.id, deadline: deadline === undefined ? null : new Date(deadline).toISOString(),
    })),
  };
}
