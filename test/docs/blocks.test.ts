/** Nothing in the documents is only claimed: each block is run, held against the code, or says why not; tables are the code's; links lead somewhere. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CONFIG_FIELDS, variableOf } from '../../src/config-fields.ts';
import { loadConfig } from '../../src/config.ts';
import { DOCUMENTS } from '../../src/domain/documents/index.ts';
import { FAILURES } from '../../src/domain/failure-kind.ts';
import { parsePlan } from '../../src/domain/plan-schema.ts';
import { judgeAnswer } from '../../src/workflows/inbox.ts';
import { anchorsOf, blocksOf, documents, linksOf, read, ROOT, tableAfter, type Block } from './blocks.ts';
import { stepsOf } from './samples.ts';

const files = documents();
const all = files.flatMap(blocksOf);

/** Commands that test/docs/story.test.ts runs. */
const told = new Set(blocksOf('README.md').filter((block) => block.lang === 'console').flatMap(({ text }) => stepsOf(text).map(({ command }) => command)));

function planMistakes({ text }: Block): unknown {
  const result = parsePlan({ file: 'holdpoint.yaml', text, readFile: () => 'Some text.' });
  return result.ok ? [] : result.errors;
}

/** A payload that a milestone takes, also before the question opens. */
function signalMistake({ text }: Block): string | null {
  const verdict = judgeAnswer({ open: [], early: [], settled: [], answers: [] }, { project: 'tinyslug', milestone: 'slugs' }, JSON.parse(text));
  return verdict.kind === 'refused' ? verdict.message : null;
}

/** What is wrong with a block; null when it is as it should be. */
function wrongWith(block: Block): unknown {
  const { lang, attributes, text } = block;
  if (attributes['not-run']) return attributes['not-run'].length > 5 ? null : 'no reason is given';
  if (attributes['run-by']) return existsSync(join(ROOT, attributes['run-by'])) ? null : 'that test is not there';
  if (attributes['same-as']) return stepsOf(text).filter(({ command }) => !told.has(command));
  if (lang === 'console' && block.where.startsWith('README.md:')) return null;
  if (lang === 'yaml' && attributes['holds'] === 'plan') return planMistakes(block);
  if (lang === 'yaml' && attributes['holds'] === 'config') return loadConfig({ HOLDPOINT_CONFIG: 'c' }, '/', () => text) && null;
  const name = attributes['holds'] ?? '';
  if (lang === 'json' && name === 'signal') return signalMistake(block);
  if (lang === 'json' && Object.hasOwn(DOCUMENTS, name)) return DOCUMENTS[name as keyof typeof DOCUMENTS].safeParse(JSON.parse(text)).error ?? null;
  return 'is neither run nor held against the code: say not-run="why" in its info string';
}

describe('blocks', () => {
  test.each(all.map((block): [string, Block] => [`${block.where} ${block.lang}`, block]))('%s', (_, block) => {
    expect([wrongWith(block)].flat().filter((found) => found !== null)).toEqual([]);
  });

  test('an unmarked one would be found', () => {
    expect(wrongWith({ where: 'docs/a.md:1', lang: 'sh', attributes: {}, text: 'true' })).toMatch(/neither run/);
    expect(wrongWith({ where: 'docs/a.md:1', lang: 'yaml', attributes: { holds: 'plan' }, text: 'project: a\n' })).not.toEqual([]);
  });
});

describe('links', () => {
  const links = files.flatMap((file) => linksOf(file).map((target): [string, string] => [file, target]));

  test.each(links.filter(([, target]) => !/^[a-z]+:/.test(target)))('%s: %s', (file, target) => {
    const [path = '', anchor] = target.split('#');
    const full = path === '' ? join(ROOT, file) : join(ROOT, dirname(file), path);
    expect(existsSync(full)).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(relative(ROOT, full))).toContain(anchor);
  });
});

describe('tables of the README', () => {
  test('configuration: every variable with its default', () => {
    const ofCode = Object.entries(CONFIG_FIELDS).map(([field, schema]) => {
      const value: unknown = schema.safeParse(undefined).data;
      const isNone = value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
      return [variableOf(field), isNone ? '–' : `${value as string | number}`];
    });
    expect(tableAfter('README.md', 'variable').map(([name, value]) => [name, value])).toEqual(ofCode);
    expect(tableAfter('README.md', 'variable').every(([, , meaning = '']) => meaning.length > 5)).toBe(true);
  });

  test('exit codes: every kind of error in its row', () => {
    const rows = tableAfter('README.md', 'exit code').map(([code, , kinds = '']): [number, string[]] => [Number(code), kinds.split(', ').filter(Boolean).sort()]);
    const ofCode = [0, 1, 2, 3, 4, 5, 130].map((code): [number, string[]] =>
      [code, Object.entries(FAILURES).filter(([, { exitCode }]) => exitCode === code).map(([kind]) => kind).sort()]);
    expect(rows).toEqual(ofCode);
  });
});

test('the picture is the same in both places', () => {
  const drawing = (file: string): string | undefined => blocksOf(file).find(({ text }) => text.includes('person ──'))?.text;
  expect(drawing('README.md')).toBe(drawing('docs/architecture.md'));
});

test.each(files)('%s names no path of one machine', (file) => {
  expect(read(file)).not.toMatch(/\/(work|tmp|root|home\/(?!you\b))\b/);
});
