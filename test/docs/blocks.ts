/** The documents as the tests see them: fenced blocks with what their info string says, links, headings, tables. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Every document a user reads, relative to the root. */
export function documents(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  return ['README.md', 'CHANGELOG.md', 'examples/tinyslug/README.md', 'examples/tinyslug/HOLDPOINT.md', ...docs.map((file) => join('docs', file)).sort()];
}

export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

export interface Block {
  /** `README.md:12`, for messages. */
  where: string;
  /** First word of the info string. */
  lang: string;
  /** `name="value"` of the rest. */
  attributes: Readonly<Record<string, string>>;
  text: string;
}

const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/;

function infoOf(info: string): Pick<Block, 'lang' | 'attributes'> {
  const [, lang = '', rest = ''] = /^\s*([^\s"=]*)(.*)$/.exec(info) ?? [];
  const attributes = Object.fromEntries([...rest.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
  return { lang, attributes };
}

/** Fenced blocks in order. Throws for one that is never closed. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; line: number; info: string; lines: string[] } | null = null;
  for (const [index, line] of read(file).split('\n').entries()) {
    const [, , fence = '', info = ''] = FENCE.exec(line) ?? [];
    if (open && fence.startsWith(open.fence) && info.trim() === '') {
      blocks.push({ where: `${file}:${open.line}`, ...infoOf(open.info), text: open.lines.join('\n') });
      open = null;
    } else if (open) open.lines.push(line);
    else if (fence) open = { fence, line: index + 1, info, lines: [] };
  }
  if (open) throw new Error(`${file}:${open.line}: the block is never closed`);
  return blocks;
}

/** The text without its fenced blocks. */
const prose = (file: string): string => blocksOf(file).reduce((text, block) => text.replace(block.text, ''), read(file));

/** Targets of links and pictures. */
export const linksOf = (file: string): string[] =>
  [...prose(file).replaceAll(/`[^`\n]*`/g, '').matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);

/** As GitHub makes them. */
export const anchorsOf = (file: string): string[] =>
  [...prose(file).matchAll(/^#+ +(.*)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));

/** Cells of the rows, without code marks, of the first table whose head begins with this cell. */
export function tableAfter(file: string, firstHead: string): string[][] {
  const lines = read(file).split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${firstHead} |`));
  if (head < 0) throw new Error(`${relative(ROOT, file)} has no table that begins with ${firstHead}`);
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end).map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll('`', '')));
}
