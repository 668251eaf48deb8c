/** The `status` document of contracts.md, read in one round trip per kind of row and put together here. */
import type { CheckOutcome, TestCounts } from '../domain/evidence.ts';
import { turnTarget } from '../domain/ids.ts';
import type { DecisionKind, RuleName } from '../domain/decision.ts';
import type { Liveness, TaskState, WorkState } from '../domain/states.ts';
import type { TurnOutcomeKind } from '../domain/turn-outcome.ts';
import type { StoredRunState } from './schema-turn.ts';
import { latestRestores, type LatestRestore } from './restores.ts';
import { projectLimits, type ProjectLimits } from './status-limits.ts';
import { grantedRules, openQuestions, planRows, projectRows, turnRows } from './status-rows.ts';
import type { GrantedRow, PlanRow, ProjectRow, QuestionRow, TurnRow } from './status-rows.ts';
import type { Db } from './transaction.ts';
import { usageWindows, type SeenWindow } from './usage-windows.ts';
import { shownWorktrees, type ShownWorktree } from './worktrees.ts';

export interface StatusTurn {
  turn: number;
  /** Null while it runs. */
  outcome: TurnOutcomeKind | null;
  decision: DecisionKind | null;
  rule: RuleName | null;
  /** What is wrong with the record of what it changed; empty: nothing, or nobody has looked yet. */
  unproven: string[];
  /** `tests`: null where no report tells; `changedFiles`: by the check itself. */
  checks: { name: string; exitCode: number | null; outcome: CheckOutcome; tests: TestCounts | null; changedFiles: number }[];
  /** Instants: RFC 3339. */
  runs: { key: string; state: StoredRunState; pid: number | null; startedAt: string | null; silentSince: string | null; liveness: Liveness | null }[];
}

export interface StatusTask {
  id: string;
  title: string;
  state: TaskState;
  dependsOn: string[];
  priority: number;
  quality: number | null;
  confidence: number | null;
  costUsd: number;
  /** Different paths over all its turns; of one that runs, those seen so far. */
  changedFiles: number;
  turns: StatusTurn[];
}

export interface StatusMilestone {
  id: string;
  title: string;
  /** Target of the turn that a fork goes on from; null: a milestone of the plan. */
  forkOf: string | null;
  workflowId: string;
  state: WorkState;
  waitingFor: string[];
  /** RFC 3339. */
  waitingSince: string | null;
  /** RFC 3339; it waits for a usage limit and goes on by itself then. */
  sleepingUntil: string | null;
  /** Why it failed, was cancelled, or waits although nobody is asked; or which step fails again and again. */
  reason: string | null;
  /** Rules that people allowed for good, until the milestone ends. */
  granted: string[];
  /** Null: no files of it were ever restored. */
  restored: LatestRestore | null;
  /** Folders on the host that it works in, or that earlier runs of it have left. `task`: null where all of it works there. */
  worktrees: Omit<ShownWorktree, 'project' | 'milestone'>[];
  tasks: StatusTask[];
}

export interface StatusProject extends ProjectLimits {
  project: string;
  workflowId: string;
  state: WorkState;
  /** `watch`: how changes were noticed while a turn ran last, such as `inotify` or `polling (nfs4)`. */
  workspace: { host: string; path: string; watch: string | null };
  /** Why it failed or was cancelled. */
  reason: string | null;
  costUsd: number;
  milestones: StatusMilestone[];
}

export interface StatusDocument {
  projects: StatusProject[];
  /** Usage windows of the accounts on the projects' hosts, as their agents told last; none whose reset has passed. */
  usage: SeenWindow[];
}

/**
 * One project, or all that have not ended and the latest of those that have. A milestone shows the turns of its present run
 * only. An unknown project gives an empty list.
 */
export async function readStatus(db: Db, project?: string): Promise<StatusDocument> {
  const projects = await projectRows(db, project);
  const ids = projects.map((row) => row.id);
  const hosts = [...new Set(projects.map((row) => row.host))];
  const [tasks, turns, questions, granted, usage, limits, restored, worktrees] = await Promise.all([
    planRows(db, ids), turnRows(db, ids), openQuestions(db, ids), grantedRules(db, ids), usageWindows(db, { hosts }), projectLimits(db, ids), latestRestores(db, ids), shownWorktrees(db, ids),
  ]);
  const found = {
    restored,
    tasks: Map.groupBy(tasks, (row) => row.project),
    turns: Map.groupBy(turns, (row) => taskKey(row.project, row.milestone, row.task)),
    questions: Map.groupBy(questions, (row) => taskKey(row.project, row.milestone)),
    granted: Map.groupBy(granted, (row) => taskKey(row.project, row.milestone)),
    worktrees: Map.groupBy(worktrees, (row) => taskKey(row.project, row.milestone)),
  };
  const isCurrent = ({ resetsAt }: SeenWindow): boolean => resetsAt === null || Date.parse(resetsAt) > Date.now();
  return { projects: projects.map((row) => ({ ...toProject(row, found), ...limits(row.id) })), usage: usage.filter(isCurrent) };
}

interface Found {
  tasks: Map<string, PlanRow[]>;
  turns: Map<string, TurnRow[]>;
  questions: Map<string, QuestionRow[]>;
  granted: Map<string, GrantedRow[]>;
  restored: Map<string, LatestRestore>;
  worktrees: Map<string, ShownWorktree[]>;
}

const taskKey = (...parts: string[]): string => parts.join('/');

/** Sums of money are kept free of binary noise: a millionth of a dollar is finer than any bill. */
const sumUsd = (amounts: number[]): number => Math.round(amounts.reduce((sum, usd) => sum + usd, 0) * 1e6) / 1e6;

function toProject(row: ProjectRow, found: Found): Omit<StatusProject, keyof ProjectLimits> {
  const byMilestone = Map.groupBy(found.tasks.get(row.id) ?? [], (task) => task.milestone);
  const milestones = [...byMilestone.values()].map((tasks) => toMilestone(row.id, tasks, found));
  return {
    project: row.id, workflowId: row.workflow_id, state: row.state, workspace: { host: row.host, path: row.workspace, watch: row.watch }, reason: row.reason,
    costUsd: sumUsd(milestones.flatMap((milestone) => milestone.tasks.map((task) => task.costUsd))),
    milestones,
  };
}

function toMilestone(project: string, tasks: PlanRow[], found: Found): StatusMilestone {
  const [first] = tasks;
  if (!first) throw new Error(`a milestone of ${project} has no task`);
  const questions = found.questions.get(taskKey(project, first.milestone)) ?? [];
  return {
    id: first.milestone, title: first.milestone_title, forkOf: first.fork_of && turnTarget({ project, ...first.fork_of }), workflowId: first.workflow_id, state: first.milestone_state,
    waitingFor: questions.map((question) => question.id),
    waitingSince: questions[0]?.opened_at.toISOString() ?? null,
    sleepingUntil: questions.find(({ until }) => until !== null)?.until ?? null,
    reason: first.milestone_failing ?? (questions.length > 0 ? null : first.milestone_reason),
    granted: [...new Set((found.granted.get(taskKey(project, first.milestone)) ?? []).map(({ rule }) => rule))],
    restored: found.restored.get(taskKey(project, first.milestone)) ?? null,
    worktrees: (found.worktrees.get(taskKey(project, first.milestone)) ?? []).map(({ task, path, branch, state }) => ({ task, path, branch, state })),
    tasks: tasks.map((task) => toTask(task, found.turns.get(taskKey(project, task.milestone, task.task)) ?? [])),
  };
}

function toTask(row: PlanRow, turns: TurnRow[]): StatusTask {
  const last = turns.at(-1);
  return {
    id: row.task, title: row.title, state: row.state, dependsOn: row.depends_on, priority: row.priority,
    quality: last?.quality ?? null, confidence: last?.confidence ?? null,
    costUsd: sumUsd(turns.map((turn) => turn.cost_usd ?? 0)),
    changedFiles: row.changed_files,
    turns: turns.map(toTurn),
  };
}

const toTurn = ({ turn, outcome, decision, rule, unproven, checks, runs }: TurnRow): StatusTurn => ({
  turn, outcome, decision, rule, unproven, checks,
  runs: runs.map((run) => ({ ...run, startedAt: iso(run.startedAt), silentSince: iso(run.silentSince), liveness: livenessOf(run) })),
});

/** Instants inside JSON come as Postgres writes them. */
const iso = (instant: string | null): string | null => instant && new Date(instant).toISOString();

function livenessOf({ state, silentSince }: TurnRow['runs'][number]): Liveness | null {
  if (state === 'lost') return 'dead';
  if (state !== 'running') return null;
  return silentSince === null ? 'producing' : 'silent';
}
