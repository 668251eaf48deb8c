/** From the checked file to the `Plan` the rest of the code sees: defaults in place, durations in milliseconds. Pure. */
import { BREAKPOINT_KINDS } from '../breakpoints.ts';
import type { BreakpointKind } from '../breakpoints.ts';
import { parseDuration } from '../duration.ts';
import { hasWorktrees } from '../isolation.ts';
import type { AgentAuth, AgentSettings, BreakpointPolicy, CheckSpec, CredentialSource, MilestonePlan, OwnTemplates, Permissions, Plan, Policy, ReviewerSettings, SnapshotPolicy } from '../plan.ts';
import { DEFAULT_REVIEWER_MODEL } from './file.ts';
import type { PlanFile } from './file.ts';
import { parseSize } from './fields.ts';
import { isolation, toIsolation } from './isolation.ts';
import { parsePause } from './policy.ts';
import { toRules } from './rules.ts';
import { toTime } from './limits.ts';

export interface PlanDefaults {
  reviewer?: Partial<ReviewerSettings>;
}

/** What the file names rather than holds. */
export interface LoadedFiles {
  workspacePath: string;
  instructions: string | null;
  mcp: Record<string, unknown>;
  prompts: OwnTemplates | null;
}

export function toPlan(file: PlanFile, loaded: LoadedFiles, defaults: PlanDefaults): Plan {
  return {
    project: file.project,
    workspace: { host: file.workspace.host, path: loaded.workspacePath },
    agent: toAgent(file.agent, loaded),
    ...toReviewers(file, defaults.reviewer ?? {}),
    checks: file.checks.map(toCheck),
    policy: toPolicy(file.policy),
    ...(file.rules.length > 0 && { rules: toRules(file.rules) }),
    ...(loaded.prompts && { prompts: loaded.prompts }),
    ...(file.budget && { budget: file.budget }),
    ...((file.isolation || hasWorktrees(file)) && { isolation: toIsolation(file.isolation ?? isolation.parse({})) }),
    milestones: file.milestones.map((milestone, n) => toMilestone(milestone, file.milestones[n - 1]?.id)),
  };
}

const toCheck = ({ timeout, tasks, report, ...check }: PlanFile['checks'][number]): CheckSpec => ({
  ...check, timeoutMs: ms(timeout), tasks: tasks ?? null, ...(report && { report: { format: report.format, path: report.path ?? null } }),
});

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

function toReviewers({ reviewer, reviewers }: PlanFile, defaults: Partial<ReviewerSettings>): Pick<Plan, 'reviewer' | 'reviewers'> {
  const [first, ...others] = (reviewers ?? [reviewer]).map((one) => toReviewer(one, defaults));
  if (!first) throw new Error('the schema asks for two reviewers or more');
  return others.length === 0 ? { reviewer: first } : { reviewer: first, reviewers: [first, ...others] };
}

const toReviewer = (reviewer: PlanFile['reviewer'], defaults: Partial<ReviewerSettings>): ReviewerSettings => ({
  name: reviewer.name ?? defaults.name ?? 'ollama',
  model: reviewer.model ?? defaults.model ?? DEFAULT_REVIEWER_MODEL,
  deadlineMs: reviewer.deadline === undefined ? defaults.deadlineMs ?? 180_000 : ms(reviewer.deadline),
});

function toPolicy(policy: PlanFile['policy']): Policy {
  const { gate, permissions, withoutReviewer, watchdog, retry } = policy;
  const breakpoints: Policy['breakpoints'] = {};
  for (const kind of BREAKPOINT_KINDS) {
    const given = policy.breakpoints[kind];
    if (given) breakpoints[kind] = toBreakpoint(given);
  }
  return {
    gate, permissions: toPermissions(permissions), breakpoints, withoutReviewer, ...(policy.review.majority !== undefined && { review: { majority: policy.review.majority } }),
    hostPatienceMs: ms(policy.hostPatience),
    watchdog: {
      silentAfterMs: ms(watchdog.silentAfter), silentInToolAfterMs: ms(watchdog.silentInToolAfter), sameCalls: watchdog.sameCalls,
      exitAfterMs: ms(watchdog.exitAfter),
    },
    snapshot: toSnapshot(policy.snapshot),
    usage: { startBelow: policy.usage.startBelow === 'off' ? null : policy.usage.startBelow }, overload: policy.overload,
    ...(policy.unexpectedChange && { unexpectedChange: policy.unexpectedChange }),
    ...(policy.time && { time: toTime(policy.time) }), ...(!policy.enlargedRetry && { enlargedRetry: false }),
    ...(policy.thresholds && { thresholds: policy.thresholds }),
    retry: { firstMs: ms(retry.first), factor: retry.factor, jitter: retry.jitter, maxMs: ms(retry.max) },
    ...(policy.locked.length > 0 && { locked: policy.locked }), ...(policy.evidence.allow.length > 0 && { evidence: policy.evidence }),
  };
}

// What says nothing new is left out: the plan of an older version stays the same plan.
const toSnapshot = ({ exclude, include, debounce, maxFileSize }: PlanFile['policy']['snapshot']): SnapshotPolicy => ({
  exclude, maxFileBytes: parseSize(maxFileSize), ...(include.length > 0 && { include }), ...(debounce !== '100ms' && { debounceMs: parsePause(debounce) }),
});

function toBreakpoint({ enabled, priority, after, then, remind, escalate }: NonNullable<PlanFile['policy']['breakpoints'][BreakpointKind]>): BreakpointPolicy {
  return {
    enabled, priority: priority ?? null,
    ...(after !== undefined && then !== undefined && { automatic: { afterMs: ms(after), then } }),
    ...(remind !== undefined && { remindMs: ms(remind) }),
    ...(escalate && { escalate: { afterMs: ms(escalate.after), priority: escalate.priority } }),
  };
}

const toPermissions = ({ allow, ask, deny, unreadable, destructive }: PlanFile['policy']['permissions']): Permissions =>
  ({ allow, ask, deny, destructive, ...(unreadable && { unreadable }) });

function toMilestone(milestone: PlanFile['milestones'][number], above: string | undefined): MilestonePlan {
  return {
    id: milestone.id,
    title: milestone.title ?? milestone.id,
    dependsOn: milestone.dependsOn ?? (above === undefined ? [] : [above]),
    ...(milestone.isolation === 'worktree' && { isolation: milestone.isolation }),
    tasks: milestone.tasks.map(({ title, deadline, plan, isolation: isolated, ...task }) => ({
      ...task, ...(plan && { plan }), ...(isolated === 'worktree' && { isolation: isolated }), title: title ?? task.id, deadline: deadline === undefined ? null : new Date(deadline).toISOString(),
    })),
  };
}
