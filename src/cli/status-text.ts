/** The status document for people. */
import type { StatusDocument, StatusMilestone, StatusProject, StatusTask } from '../db/status.ts';
import { percentSpent } from '../domain/usage.ts';
import { clockTime } from '../domain/waits.ts';
import { colorsFor, type Colors, type Io } from './io.ts';
import { restoredText } from './restored-text.ts';
import { score, table, usd } from './table.ts';

const checksOf = (task: StatusTask): string =>
  task.turns.at(-1)?.checks.map((check) => [`${check.name} ${check.outcome}`, ...asides(check)].join(' ')).join(', ') ?? '';

/** `3/40` failed of all, and what the check did to the files. */
const asides = ({ tests, changedFiles }: StatusTask['turns'][number]['checks'][number]): string[] =>
  [tests ? `${tests.failed}/${tests.total}` : '', changedFiles > 0 ? `(changed ${changedFiles} files)` : ''].filter(Boolean);

const taskRow = (task: StatusTask): (string | number)[] => [
  `  ${task.id}`, task.state, task.turns.length, checksOf(task) || '–', score(task.quality), score(task.confidence), usd(task.costUsd), task.changedFiles,
];

const HEAD = ['  task', 'state', 'attempts', 'checks', 'quality', 'confidence', 'cost', 'files'];

const reasonOf = ({ reason }: { reason: string | null }, colors: Colors): string[] => (reason === null ? [] : [colors.red(`  ${reason.replace(/\s+/g, ' ')}`)]);

const silentOf = ({ id, turns }: StatusTask): string[] =>
  turns.flatMap(({ runs }) => runs).flatMap(({ silentSince }) => (silentSince === null ? [] : [`  ${id}: its agent lives and has said nothing since ${silentSince}`]));

const unprovenOf = ({ id, turns }: StatusTask): string[] =>
  turns.flatMap(({ turn, unproven }) => unproven.map((line) => `  ${id}.${turn}: what was recorded is not what happened: ${line.replace(/\s+/g, ' ')}`));

const worktreeOf = ({ task, path, branch, state }: StatusMilestone['worktrees'][number]): string => `  ${task === null ? 'works' : `${task} works`} in ${path} on branch ${branch}  (${state})`;

/** A limit ends by itself: nobody has to come. */
function waitingText({ sleepingUntil, waitingFor }: StatusMilestone, id: string): string {
  if (sleepingUntil === null || waitingFor.length > 1) return `  waits for you: ${id}\n    holdpoint inbox`;
  return `  sleeping until ${clockTime(sleepingUntil, Date.now())}: ${id}\n    try earlier: holdpoint answer ${id} retry`;
}

const restoredOf = ({ restored }: StatusMilestone): string[] => (restored === null ? [] : [`  ${restoredText(restored)}`]);

function milestoneText(milestone: StatusMilestone, colors: Colors): string {
  const waiting = milestone.waitingFor.map((id) => colors.yellow(waitingText(milestone, id)));
  const granted = milestone.granted.map((rule) => `  allowed for good: ${rule}`);
  const silent = milestone.tasks.flatMap(silentOf).map(colors.yellow);
  const unproven = milestone.tasks.flatMap(unprovenOf).map(colors.red);
  return [`${colors.bold(milestone.id)}  ${milestone.forkOf === null ? milestone.title : `fork of ${milestone.forkOf}`}  (${milestone.state})`, ...reasonOf(milestone, colors), ...waiting, ...granted, ...silent, ...restoredOf(milestone), ...unproven, ...milestone.worktrees.map(worktreeOf), table(HEAD, milestone.tasks.map(taskRow))].join('\n');
}

/** Of a milestone's or a task's owner only the name that people know. */
const budgetText = ({ level, milestone, task, spentUsd, limitUsd }: StatusProject['budgets'][number]): string =>
  `budget  ${[level, task ?? milestone].filter(Boolean).join(' ')}${task === null ? '' : ` of ${milestone}`}  ${usd(spentUsd)} of ${usd(limitUsd)} is spent`;

const raisedText = ({ what, level, milestone, task, amount, by }: StatusProject['raised'][number]): string =>
  `extended  ${task ?? milestone ?? 'project'}  ${what === 'usd' ? `${usd(amount)} for the ${level}` : `${amount} ${what}`}, by ${by ?? 'somebody'}`;

const limitLines = ({ budgets, raised }: StatusProject, colors: Colors): string[] =>
  [...budgets.filter(({ isNear }) => isNear).map((budget) => colors.yellow(budgetText(budget))), ...raised.map(raisedText)];

function projectText(project: StatusProject, colors: Colors): string {
  const { host, path, watch } = project.workspace;
  const noticed = watch === null || watch === 'inotify' ? '' : `  changes by ${watch}`;
  const head = `${colors.bold(project.project)}  ${project.state}  ${host}:${path}${noticed}  ${usd(project.costUsd)}`;
  return [[head, ...reasonOf(project, colors), ...limitLines(project, colors)].join('\n'), ...project.milestones.map((milestone) => milestoneText(milestone, colors))].join('\n\n');
}

function usageText({ host, account, name, utilization, status, resetsAt }: StatusDocument['usage'][number]): string {
  const spent = utilization === null ? (status ?? 'unknown') : `${percentSpent(utilization)} spent`;
  return `usage  ${host}  ${account}  ${name}  ${spent}${resetsAt === null ? '' : `, resets at ${clockTime(resetsAt, Date.now())}`}`;
}

export function statusText({ projects, usage }: StatusDocument, io: Io): string {
  if (projects.length === 0) return 'no project yet: `holdpoint init`, then `holdpoint start holdpoint.yaml`';
  return [...projects.map((project) => projectText(project, colorsFor(io))), ...(usage.length > 0 ? [usage.map(usageText).join('\n')] : [])].join('\n\n');
}
