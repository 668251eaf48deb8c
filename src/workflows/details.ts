/** The Markdown page of a workflow in the Web UI: where it stands and the exact command that answers each question. Under 16 KB. */
import { answerCommands, type AnswerCommands } from '../domain/answer-commands.ts';
import { milestoneWorkflowId } from '../domain/ids.ts';
import type { OpenBreakpoint, ProjectStatus } from './messages.ts';
import { workState, type Milestone, type TaskProgress } from './milestone-state.ts';

// The server cuts at 20 KB; room for the fixed parts around the rows.
const MAX_ROWS_CHARS = 8_000;
const MAX_REASON = 600;

/** A cell must not end its row. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

function taskRow(title: string, task: TaskProgress): string {
  return `| ${task.id} | ${cell(title).slice(0, 80)} | ${task.state} | ${task.turn || '–'} | ${number(task.quality)} | ${number(task.confidence)} |`;
}

/** As many rows as fit; those that ended well go first when there are too many. */
function fit(rows: { text: string; isDone: boolean }[]): string[] {
  let free = MAX_ROWS_CHARS;
  const byInterest = [...rows.filter((r) => !r.isDone), ...rows.filter((r) => r.isDone)];
  const kept = new Set(byInterest.filter((row) => (free -= row.text.length + 1) >= 0));
  const shown = rows.filter((row) => kept.has(row)).map((row) => row.text);
  return kept.size === rows.length ? shown : [...shown, '', `… and ${rows.length - kept.size} more`];
}

function taskTable(m: Milestone): string[] {
  const titles = new Map(m.brief.tasks.map((t) => [t.id, t.title]));
  const rows = m.state.tasks.map((task) => ({
    text: taskRow(titles.get(task.id) ?? '', task),
    isDone: task.state === 'completed' || task.state === 'skipped' || task.state === 'pending',
  }));
  return ['| task | title | state | attempt | quality | confidence |', '|---|---|---|---|---|---|', ...fit(rows)];
}

export const commandsFor = (b: OpenBreakpoint): AnswerCommands =>
  answerCommands({ ...b, workflowId: milestoneWorkflowId(b.project, b.milestone) });

function questionPart(b: OpenBreakpoint): string[] {
  const commands = commandsFor(b);
  const needNote = b.noteRequired.length > 0 ? ` (with a note: ${b.noteRequired.join(', ')})` : '';
  return [
    `### ${b.kind}${b.task ? ` · ${b.task} #${b.turn}` : ''} · ${b.priority}`,
    '', b.reason.slice(0, MAX_REASON), '', `Open since ${b.openedAt}. Answers: ${b.actions.join(', ')}${needNote}.`,
    '', '```', commands.cli, commands.temporal, '```', '',
  ];
}

export function milestonePage(m: Milestone): string {
  const { state } = m;
  const open = state.final ? [] : state.inbox.open;
  return [
    `**${cell(m.brief.title)}** · ${workState(state)} · $${state.costUsd.toFixed(2)} · ${m.brief.host}:${m.brief.workspace}`,
    '', ...taskTable(m), '',
    ...(open.length > 0 ? ['## Waiting for a person', '', ...open.flatMap(questionPart)] : []),
  ].join('\n');
}

/** Project ids need no quoting. */
const waitingLine = (project: string): string => `temporal workflow list --query 'HoldpointProject="${project}" AND HoldpointState="waiting"'`;

export function projectPage(status: ProjectStatus, titles: ReadonlyMap<string, string>): string {
  const rows = status.milestones.map((m) => ({
    text: `| ${m.id} | ${cell(titles.get(m.id) ?? '').slice(0, 80)} | ${m.state} | \`${m.workflowId}\` |`,
    isDone: m.state === 'completed' || m.state === 'pending',
  }));
  return [
    `**${status.project}** · ${status.state}`, '', '| milestone | title | state | workflow |', '|---|---|---|---|', ...fit(rows),
    '', 'Questions are on the pages of the milestones. Which of them wait for a person:',
    '', '```', 'holdpoint inbox', waitingLine(status.project), '```',
  ].join('\n');
}
