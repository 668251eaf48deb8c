/** `holdpoint diff TARGET`: which paths changed between two checkpoints, and by which tool call. */
import type { Command } from 'commander';
import { diffRows, type Diff, type DiffRow } from '../../db/diff.ts';
import { workspaceOf } from '../../db/plans.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Colors } from '../io.ts';
import { table } from '../table.ts';
import { existingTarget } from '../targets.ts';

interface Options {
  stat?: boolean;
}

const TEXT_BYTES = 1024 * 1024;
const count = (lines: number | null, sign: string): string => (lines === null ? 'binary' : `${sign}${lines}`);

const row = ({ op, path, from, added, removed, by }: DiffRow): string[] =>
  [op, from ? `${from} → ${path}` : path, count(added, '+'), count(removed, '−'), by.kind === 'tool' ? `${by.tool} ${by.toolUseId}` : 'nobody known'];

const paint = (text: string, colors: Colors): string => text.split('\n').map((line) => {
  if (line.startsWith('+')) return colors.green(line);
  if (line.startsWith('-')) return colors.red(line);
  return line.startsWith('@@') ? colors.cyan(line) : line;
}).join('\n');

/** The text is not stored: the host has both trees. */
async function textOf({ session, io }: Call<Options>, project: string, { from, to }: Diff): Promise<string> {
  if (from === null || to === null) return '';
  const { host, workspace } = await workspaceOf(session.db, project);
  const { api } = await session.hosts.link(host);
  const { text, truncated } = await api.diffText({ workspace, from, to, path: null, maxBytes: TEXT_BYTES });
  return `${paint(text, colorsFor(io))}${truncated ? '\n[cut: more than 1 MiB]' : ''}`;
}

async function diff(call: Call<Options>): Promise<void> {
  const { session, args: [name = ''], json, options, print } = call;
  const target = await existingTarget(session.db, name);
  const { project } = target;
  const found = await diffRows(session.db, target);
  if (found.from === null || found.to === null) {
    const why = found.from === null ? 'has no turn yet' : 'has no turn yet that has ended';
    throw new HoldpointError('unknown_target', `${name} ${why}`, { hint: `see \`holdpoint status ${project} --watch\`` });
  }
  const summary = found.changes.length === 0 ? 'nothing changed' : table(['op', 'path', 'added', 'removed', 'by'], found.changes.map(row));
  const text = json || options.stat ? '' : await textOf(call, project, found);
  await print(found, () => (text === '' ? summary : `${summary}\n\n${text}`));
}

export function addDiff(program: Command, frame: Frame): void {
  const command = program.command('diff').description('what a turn, a task, a milestone or a project changed')
    .argument('<target>', 'project[/milestone[/task[.turn]]]').option('--stat', 'only the list of paths; does not ask the host');
  define<Options>(frame, command, diff);
}
