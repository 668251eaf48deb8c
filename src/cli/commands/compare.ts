/** `holdpoint compare A B`: two milestones, tasks or turns side by side, and how their files differ in the end. */
import type { Command } from 'commander';
import { comparedSide, type ComparedSide } from '../../db/compare.ts';
import { workspaceOf } from '../../db/plans.ts';
import type { CompareDocument } from '../../domain/documents/compare.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import type { Change } from '../../domain/host-api.ts';
import type { Target } from '../../domain/ids.ts';
import { opposed } from '../../domain/opposed.ts';
import { define, type Call, type Frame } from '../command.ts';
import type { Session } from '../session.ts';
import { score, table, usd } from '../table.ts';
import { existingTarget } from '../targets.ts';

type Side = ComparedSide & { target: string };

async function sideOf({ db }: Session, target: Target, name: string): Promise<Side> {
  if (target.milestone !== undefined) return { target: name, ...(await comparedSide(db, target)) };
  throw new HoldpointError('bad_input', `${name} is a whole project`, { hint: 'name a milestone, a task or a turn: project/milestone[/task[.turn]]' });
}

/** Trees of one project are in one store on its host, whatever folder they were taken of. */
async function between(session: Session, project: string, a: Side, b: Side): Promise<Change[] | null> {
  if (a.to === null || b.to === null) return null;
  if (a.to === b.to) return [];
  const { host, workspace } = await workspaceOf(session.db, project);
  const { api } = await session.hosts.link(host);
  return (await api.diffTrees({ workspace, root: workspace, from: a.to, to: b.to })).changes;
}

const lines = ({ added, removed }: { added: number; removed: number }): string => `+${added} −${removed}`;
const none = (texts: string[]): string => texts.join(', ') || '–';

function rows(a: Side, b: Side): (string | number | null)[][] {
  const both = (label: string, value: (side: Side) => string | number | null): (string | number | null)[] => [label, value(a), value(b)];
  const checks = [...new Set([...a.checks, ...b.checks].map(({ name }) => name))];
  return [
    ...checks.map((name) => both(`check ${name}`, (side) => side.checks.find((check) => check.name === name)?.outcome ?? null)),
    both('quality', ({ quality }) => score(quality)), both('confidence', ({ confidence }) => score(confidence)),
    both('cost', ({ costUsd }) => usd(costUsd)), both('turns', ({ turns }) => turns), both('runs', ({ runs }) => runs),
    both('changed files', ({ changedFiles }) => changedFiles), both('lines', lines),
    both('decisions', ({ decisions }) => none(decisions.map(({ task, turn, decision }) => `${task}.${turn} ${decision}`))),
    both('tree', ({ to }) => to?.slice(0, 12) ?? null),
  ];
}

const count = (number: number | null, sign: string): string => (number === null ? 'binary' : `${sign}${number}`);

function differenceText(a: Side, b: Side, changes: Change[] | null): string {
  if (changes === null) return `${a.to === null ? a.target : b.target} has no turn yet that has ended: the files are not compared`;
  if (changes.length === 0) return 'the files are the same';
  const listed = changes.map(({ op, path, from, added, removed }) => [op, from ? `${from} → ${path}` : path, count(added, '+'), count(removed, '−')]);
  return `from ${a.target} to ${b.target}:\n${table(['op', 'path', 'added', 'removed'], listed)}`;
}

const opposedText = ({ opposed: found, a, b }: CompareDocument): string[] => (found === null ? [] : [
  `conflicting: the checks speak for ${found.checks === 'a' ? a.target : b.target}, the scores for ${found.quality === 'a' ? a.target : b.target}`,
]);

async function compare(call: Call): Promise<void> {
  const { session, args: [first = '', second = ''], print } = call;
  const targets = [await existingTarget(session.db, first), await existingTarget(session.db, second)] as const;
  if (targets[0].project !== targets[1].project) {
    throw new HoldpointError('bad_input', `${first} and ${second} are of two projects`, { hint: 'only what began with the same files can be compared' });
  }
  const [a, b] = [await sideOf(session, targets[0], first), await sideOf(session, targets[1], second)];
  const changes = await between(session, targets[0].project, a, b);
  const document: CompareDocument = { a, b, opposed: opposed(a, b), sameTree: changes === null ? null : a.to === b.to, changes };
  await print(document, () => [table(['', a.target, b.target], rows(a, b)), ...opposedText(document), '', differenceText(a, b, changes)].join('\n'));
}

export function addCompare(program: Command, frame: Frame): void {
  const command = program.command('compare').description('two milestones, tasks or turns side by side, and how their files differ')
    .argument('<a>', 'project/milestone[/task[.turn]]').argument('<b>', 'of the same project');
  define(frame, command, compare);
}
