/** The Markdown page of a workflow in the Web UI: where it stands and the exact command that answers each question. Kept under 8 KB. */
import { byUrgency } from '../domain/automatic.ts';
import { answerCommands, answerPayload, type Answerable, type AnswerCommands } from '../domain/answer-commands.ts';
import { milestoneWorkflowId } from '../domain/ids.ts';
import type { OpenBreakpoint, ProjectStatus } from './messages.ts';
import { workState, type Milestone, type TaskProgress } from './milestone-state.ts';

// The server takes 20 KB; but the Web UI puts the page into an address, and proxies before it often refuse one over 8 KB.
const MAX_PAGE = 7_700;
const MAX_ROWS = 5_000;
const MIN_ROWS = 800;
const MAX_QUESTIONS = 6_000;
// In an address, where a blank has three characters and an emoji twelve.
const MAX_REASON = 1_500;
const MAX_SHORT_REASON = 300;

/** About how long the text is in an address. (encodeURIComponent would throw at half an emoji.) */
const lengthInAddress = (text: string): number => text.replace(/[^ -~]/g, '%xx%xx%xx').replace(/[^\w%.-]/g, '%xx').length;

/** Half an emoji at the cut is no harm: it is shown as a question mark. */
function cut(text: string, max: number): string {
  let end = Math.min(text.length, max);
  while (lengthInAddress(text.slice(0, end)) > max) end = Math.floor(end * 0.9);
  return text.slice(0, end);
}

// The Web UI draws tables without any space between their columns. A figure space is neither collapsed nor broken at.
const GAP = '\u2007';

/** A cell must not end its row. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (cells: string[]): string => `| ${cells.map((text) => `${text}${GAP} |`).join(' ')}`;

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

function taskRow(title: string, task: TaskProgress): string {
  const { id, state, turn, quality, confidence } = task;
  return row([id, cell(title).slice(0, 80), state, turn === 0 ? '–' : String(turn), number(quality), number(confidence)]);
}

/** As many rows as fit; those that ended well go first when there are too many. */
function fit(rows: { text: string; isDone: boolean }[], free = MAX_ROWS): string[] {
  const byInterest = [...rows.filter((r) => !r.isDone), ...rows.filter((r) => r.isDone)];
  const kept = new Set(byInterest.filter((r) => (free -= lengthInAddress(r.text) + 3) >= 0));
  const shown = rows.filter((r) => kept.has(r)).map((r) => r.text);
  return kept.size === rows.length ? shown : [...shown, '', `… and ${rows.length - kept.size} more`];
}

function taskTable(m: Milestone, free: number): string[] {
  const titles = new Map(m.brief.tasks.map((t) => [t.id, t.title]));
  const rows = m.state.tasks.map((task) => ({
    text: taskRow(titles.get(task.id) ?? '', task),
    isDone: task.state === 'completed' || task.state === 'skipped' || task.state === 'pending',
  }));
  return [row(['task', 'title', 'state', 'attempt', 'quality', 'confidence']), '|:---|:---|:---|---:|---:|---:|', ...fit(rows, free)];
}

const answerable = (b: OpenBreakpoint): Answerable => ({ ...b, workflowId: milestoneWorkflowId(b.project, b.milestone) });

export const commandsFor = (b: OpenBreakpoint): AnswerCommands => answerCommands(answerable(b));

const headOf = (b: OpenBreakpoint): string => `**Waiting for a person: ${b.kind}**${b.task ? ` · ${b.task} #${b.turn}` : ''} · ${b.priority} · since ${b.openedAt}`;

function byItself({ timers, until }: OpenBreakpoint): string[] {
  if (until !== undefined || !timers?.automatic) return [];
  return [`Without an answer the plan says: ${timers.automatic.action}, at ${timers.automatic.at}.`, ''];
}

/** Bold instead of headings: those would fill the screen. */
function questionPart(b: OpenBreakpoint): string[] {
  const { cli, temporal } = commandsFor(b);
  const actions = b.actions.map((action) => (b.noteRequired.includes(action) ? `${action} (with a note)` : action));
  return [
    headOf(b), '', cut(b.reason, MAX_REASON), '', ...byItself(b),
    `Answers: ${actions.join(', ')}. In the Web UI: More Actions, Send a Signal, \`answer\`, with this as data:`,
    '', '```', JSON.stringify(answerPayload(answerable(b)), null, 2), '```', '', 'or in a shell one of', '', '```', cli, temporal, '```', '',
  ];
}

/** Beside the most urgent one, which is told in full. */
const shortPart = (b: OpenBreakpoint): string[] => [headOf(b), '', cut(cell(b.reason), MAX_SHORT_REASON), '', '```', commandsFor(b).cli, '```', ''];

const lengthOf = (lines: string[]): number => lengthInAddress(lines.join('%0A')) + 3;

/** The most urgent question in full, the others as far as they fit. */
function questionParts(open: readonly OpenBreakpoint[]): string[] {
  const [first, ...others] = open.toSorted(byUrgency);
  if (!first) return [];
  const parts = [questionPart(first)];
  let free = MAX_QUESTIONS - lengthOf(parts.flat());
  for (const part of others.map(shortPart)) if ((free -= lengthOf(part)) >= 0) parts.push(part);
  const left = open.length - parts.length;
  return [...parts.flat(), ...(left > 0 ? [`… and ${left} more: \`holdpoint inbox\``, ''] : [])];
}

export function milestonePage(m: Milestone): string {
  const { state } = m;
  const questions = questionParts(state.final ? [] : state.inbox.open);
  const head = `**${cell(m.brief.title)}** · ${workState(state)} · $${state.costUsd.toFixed(2)} · ${m.brief.host}:${m.brief.workspace}`;
  const rows = Math.max(MIN_ROWS, Math.min(MAX_ROWS, MAX_PAGE - lengthOf([head, ...questions])));
  return [head, '', ...questions, ...taskTable(m, rows), ''].join('\n');
}

/** Project ids need no quoting. */
const waitingLine = (project: string): string => `temporal workflow list --query 'HoldpointProject="${project}" AND HoldpointState="waiting"'`;

export function projectPage(status: ProjectStatus, titles: ReadonlyMap<string, string>): string {
  const rows = status.milestones.map((m) => ({
    text: row([m.id, cell(titles.get(m.id) ?? '').slice(0, 80), m.state, `\`${m.workflowId}\``]),
    isDone: m.state === 'completed' || m.state === 'pending',
  }));
  return [
    `**${status.project}** · ${status.state}`, '', row(['milestone', 'title', 'state', 'workflow']), '|:---|:---|:---|:---|', ...fit(rows),
    '', 'Questions are on the pages of the milestones. Which of them wait for a person:',
    '', '```', 'holdpoint inbox', waitingLine(status.project), '```',
  ].join('\n');
}
