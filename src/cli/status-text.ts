/** The status document for people. */
import type { StatusDocument, StatusMilestone, StatusProject, StatusTask } from '../db/status.ts';
import { percentSpent } from '../domain/usage.ts';
import { clockTime } from '../domain/waits.ts';
import { colorsFor, type Colors, type Io } from './io.ts';
import { score, table, usd } from './table.ts';

const checksOf = (task: StatusTask): string =>
  task.turns.at(-1)?.checks.map(({ name, outcome }) => `${name} ${outcome}`).join(', ') ?? '';

const taskRow = (task: StatusTask): (string | number)[] => [
  `  ${task.id}`, task.state, task.turns.length, checksOf(task) || '–', score(task.quality), score(task.confidence), usd(task.costUsd), task.changedFiles,
];

const HEAD = ['  task', 'state', 'attempts', 'checks', 'quality', 'confidence', 'cost', 'files'];

const reasonOf = ({ reason }: { reason: string | null }, colors: Colors): string[] => (reason === null ? [] : [colors.red(`  ${reason.replace(/\s+/g, ' ')}`)]);

const silentOf = ({ id, turns }: StatusTask): string[] =>
  turns.flatMap(({ runs }) => runs).flatMap(({ silentSince }) => (silentSince === null ? [] : [`  ${id}: its agent lives and has said nothing since ${silentSince}`]));

/** A limit ends by itself: nobody has to come. */
function waitingText({ sleepingUntil, waitingFor }: StatusMilestone, id: string): string {
  if (sleepingUntil === null || waitingFor.length > 1) return `  waits for you: ${id}\n    holdpoint inbox`;
  return `  sleeping until ${clockTime(sleepingUntil, Date.now())}: ${id}\n    try earlier: holdpoint answer ${id} retry`;
}

function milestoneText(milestone: StatusMilestone, colors: Colors): string {
  const waiting = milestone.waitingFor.map((id) => colors.yellow(waitingText(milestone, id)));
  const silent = milestone.tasks.flatMap(silentOf).map(colors.yellow);
  return [`${colors.bold(milestone.id)}  ${milestone.title}  (${milestone.state})`, ...reasonOf(milestone, colors), ...waiting, ...silent, table(HEAD, milestone.tasks.map(taskRow))].join('\n');
}

function projectText(project: StatusProject, colors: Colors): string {
  const { host, path } = project.workspace;
  const head = `${colors.bold(project.project)}  ${project.state}  ${host}:${path}  ${usd(project.costUsd)}`;
  return [[head, ...reasonOf(project, colors)].join('\n'), ...project.milestones.map((milestone) => milestoneText(milestone, colors))].join('\n\n');
}

function usageText({ host, account, name, utilization, status, resetsAt }: StatusDocument['usage'][number]): string {
  const spent = utilization === null ? (status ?? 'unknown') : `${percentSpent(utilization)} spent`;
  return `usage  ${host}  ${account}  ${name}  ${spent}${resetsAt === null ? '' : `, resets at ${clockTime(resetsAt, Date.now())}`}`;
}

export function statusText({ projects, usage }: StatusDocument, io: Io): string {
  if (projects.length === 0) return 'no project yet: `holdpoint init`, then `holdpoint start holdpoint.yaml`';
  return [...projects.map((project) => projectText(project, colorsFor(io))), ...(usage.length > 0 ? [usage.map(usageText).join('\n')] : [])].join('\n\n');
}
