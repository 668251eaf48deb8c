/** A diff for people, and as a patch. */
import type { DiffRow } from '../db/diff.ts';
import type { HostApi } from '../domain/host-api.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { colorsFor, type Colors, type Io } from './io.ts';
import { table } from './table.ts';

/** Between two trees; `paths` null: all of it. */
export interface Part {
  from: string;
  to: string;
  paths: string[] | null;
}

const SHOWN_BYTES = 1024 * 1024;
const PATCH_BYTES = 64 * 1024 * 1024;
/** Of one question to the host: they are words on a command line there. */
const PATHS_AT_ONCE = 500;

const count = (lines: number | null, sign: string): string => (lines === null ? 'binary' : `${sign}${lines}`);

/** op, path, added, removed, by */
export const changeCells = ({ op, path, from, added, removed, by }: DiffRow): string[] =>
  [op, from ? `${from} → ${path}` : path, count(added, '+'), count(removed, '−'), by.kind === 'tool' ? `${by.tool} ${by.toolUseId}` : 'nobody known'];

export const summaryOf = (changes: DiffRow[]): string =>
  (changes.length === 0 ? 'nothing changed' : table(['op', 'path', 'added', 'removed', 'by'], changes.map(changeCells)));

export const pathsOf = (changes: readonly DiffRow[]): string[] => changes.flatMap(({ path, from }) => (from === undefined ? [path] : [from, path]));

const VERIFY = '`holdpoint checkpoints verify` tells what is damaged';

const MOST_NAMED = 20;

const named = (paths: readonly string[]): string =>
  `${paths.slice(0, MOST_NAMED).join(', ')}${paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ''}`;

type TextApi = Pick<HostApi, 'diffText'>;

/** For reading: cut where it is too long, painted on a terminal. */
export async function readableText(api: TextApi, workspace: string, parts: Part[], io: Io): Promise<string> {
  const { text, truncated, leftOut, damaged } = await textOf(api, workspace, parts, { maxBytes: SHOWN_BYTES });
  const shown = io.stdout.isTTY ? paint(text, colorsFor(io)) : text;
  const missing = leftOut.length > 0 ? `\n[not shown, their names are not UTF-8: ${named(leftOut)}]` : '';
  const broken = damaged.length > 0 ? `\n[not shown, what was stored of them is missing or damaged: ${named(damaged)}; ${VERIFY}]` : '';
  return `${shown}${truncated ? '\n[cut: more than 1 MiB]' : ''}${missing}${broken}`;
}

/** For `git apply`: whole, with binary files, or not at all. */
export async function patchText(api: TextApi, workspace: string, parts: Part[]): Promise<string> {
  const { text, truncated, leftOut: [unnamed], damaged: [broken] } = await textOf(api, workspace, parts, { maxBytes: PATCH_BYTES, binary: true });
  if (unnamed !== undefined) throw new HoldpointError('bad_input', `the patch cannot hold ${unnamed}, whose name is not UTF-8`, { hint: 'ask for one turn after the other, each whole: `holdpoint diff PROJECT/MILESTONE/TASK.TURN --patch`' });
  if (broken !== undefined) throw new HoldpointError('internal', `the patch cannot hold ${broken}: what was stored of it is missing or damaged`, { hint: VERIFY });
  if (!truncated) return text;
  throw new HoldpointError('bad_input', 'the patch has more than 64 MiB', { hint: 'ask for some paths with --path' });
}

async function textOf(api: TextApi, workspace: string, parts: Part[], how: { maxBytes: number; binary?: boolean }) {
  const texts: string[] = [];
  const leftOut: string[] = [];
  const damaged: string[] = [];
  for (const { from, to, paths } of parts.flatMap(inPortions)) {
    const left = how.maxBytes - texts.reduce((sum, text) => sum + text.length, 0);
    const { text, truncated, leftOut: unnamed, damaged: broken } = await api.diffText({ workspace, from, to, path: null, ...(paths && { paths }), ...how, maxBytes: left });
    texts.push(text);
    leftOut.push(...unnamed);
    damaged.push(...broken);
    if (truncated) return { text: texts.join(''), truncated, leftOut, damaged };
  }
  return { text: texts.join(''), truncated: false, leftOut, damaged };
}

function inPortions({ paths, ...trees }: Part): Part[] {
  if (paths === null) return [{ ...trees, paths }];
  return Array.from({ length: Math.ceil(paths.length / PATHS_AT_ONCE) }, (_, n) => ({ ...trees, paths: paths.slice(n * PATHS_AT_ONCE, (n + 1) * PATHS_AT_ONCE) }));
}

/** Heads of files in bold, lines by their sign. A file may hold what moves a terminal's cursor: that is shown as a sign. */
function paint(text: string, colors: Colors): string {
  let inHunk = false;
  return text.split('\n').map((raw) => {
    const line = raw.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
    if (line.startsWith('@@') || line.startsWith('diff --git ')) inHunk = line.startsWith('@@');
    if (line.startsWith('@@')) return colors.cyan(line);
    if (!inHunk) return colors.bold(line);
    if (line.startsWith('+')) return colors.green(line);
    return line.startsWith('-') ? colors.red(line) : line;
  }).join('\n');
}
