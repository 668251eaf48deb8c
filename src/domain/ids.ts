/**
 * Names of everything a user can point at, and the Temporal ids made from them (design: "Contracts a user sees").
 * Package-free: workflow code imports this file.
 */

/** Ids of projects, milestones and tasks. */
export const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

export interface TurnRef {
  project: string;
  milestone: string;
  /** Number of the milestone's lease; a new run of the same milestone gets a higher one. */
  epoch: number;
  task: string;
  /** Attempt, from 1. */
  turn: number;
  /** RFC 3339: when the attempt of the activity that writes was scheduled. Rows of an older one are refused; absent: not asked. */
  attemptAt?: string;
  /** Task that works beside the rest of its milestone: its attempts are told apart from theirs. Absent: of the milestone's own line. */
  lane?: string;
}

export interface RunRef extends TurnRef {
  /** Names this installation and its database, so that two of them never share a run directory. */
  install: string;
  /** From 1; a turn needs a second run after a loss or an interruption. */
  seq: number;
}

export const projectWorkflowId = (project: string): string => `holdpoint/${project}`;

export const milestoneWorkflowId = (project: string, milestone: string): string => `holdpoint/${project}/${milestone}`;

/** Of a restore while no milestone holds the workspace; one at a time. */
export const restoreWorkflowId = (project: string, milestone: string): string => `${milestoneWorkflowId(project, milestone)}/restore`;

/** Of a list of what no restore undoes. */
export const effectsWorkflowId = (project: string, milestone: string, checkpoint: string): string => `${milestoneWorkflowId(project, milestone)}/effects/${checkpoint}`;

const OF_RESTORE = 'restore:';

/** Holder of a lease that is taken for one restore. */
export const restoreHolderOf = (workflowRunId: string): string => `${OF_RESTORE}${workflowRunId}`;

export const holdsForRestore = (holder: string): boolean => holder.startsWith(OF_RESTORE);

/** `<install>.<project>.<milestone>.<epoch>.<task>.<turn>.<seq>`: names one process on a host, forever. */
export const runKey = (run: RunRef): string =>
  [run.install, run.project, run.milestone, run.epoch, run.task, run.turn, run.seq].join('.');

export interface CheckRunRef extends Omit<TurnRef, 'task' | 'turn'> {
  install: string;
  /** Null for the baseline, which is taken before the milestone's first turn. */
  turn: { task: string; turn: number } | null;
  check: string;
  /** From 1; a newly failing check runs a second time to tell a flaky one. */
  seq: number;
}

/** Key of the process that runs a check; starts with an upper-case word, so it never equals the key of an agent's run. */
export const checkRunKey = (run: CheckRunRef): string =>
  ['CHECK', run.install, run.project, run.milestone, run.epoch, run.turn ? `${run.turn.task}.${run.turn.turn}` : 'baseline', run.check, run.seq].join('.');

/** `project/milestone/task.turn`, as `logs`, `diff` and `decisions` take it. */
export const turnTarget = (turn: Omit<TurnRef, 'epoch'>): string => `${turn.project}/${turn.milestone}/${turn.task}.${turn.turn}`;

export interface Target {
  project: string;
  milestone?: string;
  task?: string;
  turn?: number;
}

const TARGET = /^([a-z0-9][a-z0-9-]*)(?:\/([a-z0-9][a-z0-9-]*)(?:\/([a-z0-9][a-z0-9-]*)(?:\.([1-9]\d*))?)?)?$/;

/** Reads `project[/milestone[/task[.turn]]]`; undefined when it is not of that form. */
export function parseTarget(text: string): Target | undefined {
  const found = TARGET.exec(text);
  if (!found?.[1]) return undefined;
  const [, project, milestone, task, turn] = found;
  return { project, ...(milestone && { milestone }), ...(task && { task }), ...(turn && { turn: Number(turn) }) };
}

export interface BreakpointRef {
  project: string;
  milestone: string;
  task?: string;
  turn?: number;
  kind: string;
  /** Occurrence of this kind at this place, from 1: an old answer can never release a new question. */
  n: number;
}

/** `<project>/<milestone>[/<task>.<turn>]/<kind>.<n>` */
export function breakpointId(ref: BreakpointRef): string {
  const turn = ref.task === undefined ? '' : `/${ref.task}.${ref.turn}`;
  return `${ref.project}/${ref.milestone}${turn}/${ref.kind}.${ref.n}`;
}

const BREAKPOINT = /^([a-z0-9][a-z0-9-]*)\/([a-z0-9][a-z0-9-]*)(?:\/([a-z0-9][a-z0-9-]*)\.([1-9]\d*))?\/([a-z_]+)\.([1-9]\d*)$/;

/** The parts of a breakpoint id; undefined when it is not one. */
export function parseBreakpointId(id: string): BreakpointRef | undefined {
  const found = BREAKPOINT.exec(id);
  if (!found) return undefined;
  const [, project, milestone, task, turn, kind, n] = found as unknown as string[];
  return { project: project!, milestone: milestone!, ...(task && { task, turn: Number(turn) }), kind: kind!, n: Number(n) };
}
