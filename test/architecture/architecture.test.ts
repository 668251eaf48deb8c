import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { functionsOf, importsOf, sourceFiles, type Import } from './imports.ts';
import { ENTRY_POINTS, RULES, type FolderRule } from './rules.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const files = sourceFiles(SRC);
const imports = files.flatMap((file) => importsOf(SRC, file));

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? file) : file);
const isUnder = (target: string, allowed: string[]): boolean => allowed.some((place) => target === place || target.startsWith(`${place}/`));

function packageAllowed(specifier: string, rule: FolderRule): boolean {
  const bare = specifier.startsWith('node:') ? specifier : specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return rule.packages.some((allowed) => allowed === bare || (allowed === 'node:*' && bare.startsWith('node:')));
}

function breachOf(one: Import): string | null {
  const folder = folderOf(one.from);
  if (ENTRY_POINTS.includes(one.from) && folder !== 'host') return null;
  const rule = RULES[folder];
  if (!rule) return `${one.from}: folder ${folder} has no rule`;
  if (one.target === null) {
    return one.typeOnly || packageAllowed(one.specifier, rule) ? null : `${one.from}:${one.line} may not import package ${one.specifier}`;
  }
  if (ENTRY_POINTS.includes(one.target)) return `${one.from}:${one.line} imports the entry point ${one.target}`;
  if (folderOf(one.target) === folder || isUnder(one.target, rule.values)) return null;
  if (one.typeOnly && isUnder(one.target, rule.types)) return null;
  return `${one.from}:${one.line} may not import ${one.typeOnly ? 'types' : 'values'} of ${one.target}`;
}

/** Depth-first search over value imports; the first cycle found, as a path. */
function findCycle(): string[] | null {
  const next = new Map<string, string[]>();
  for (const one of imports) {
    if (one.target && !one.typeOnly) next.set(one.from, [...(next.get(one.from) ?? []), one.target]);
  }
  const done = new Set<string>();
  const walk = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const target of next.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  return files.map((file) => walk(file, [])).find((cycle) => cycle !== null) ?? null;
}

describe('imports', () => {
  test('follow the table', () => {
    expect(imports.map(breachOf).filter((breach) => breach !== null)).toEqual([]);
  });

  test('hold no cycle of values', () => {
    expect(findCycle()).toBeNull();
  });

  test('of workflow code reach no package but Temporal', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      imports.filter((one) => one.from === file && one.target && !one.typeOnly).forEach((one) => visit(one.target!));
    };
    files.filter((file) => file.startsWith('workflows/')).forEach(visit);
    const packages = imports.filter((one) => reached.has(one.from) && !one.target && !one.typeOnly);
    expect(packages.filter((one) => !/^@temporalio\/(workflow|common)/.test(one.specifier))).toEqual([]);
  });

  test('the table can fail: a planted breach is seen', () => {
    const planted: Import = { from: 'domain/plan.ts', specifier: 'pg', target: null, typeOnly: false, line: 1 };
    expect(breachOf(planted)).toMatch(/may not import package pg/);
    expect(breachOf({ ...planted, specifier: '../db/client.ts', target: 'db/client.ts' })).toMatch(/may not import values/);
  });
});

describe('sizes', () => {
  test('no file has more than 250 lines', () => {
    const long = files.map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > 250)).toEqual([]);
  });

  test('no function has more than 50 lines, nine in ten have at most 20', () => {
    const all = files.flatMap((file) => functionsOf(SRC, file).map((one) => ({ file, ...one })));
    expect(all.filter(({ lines }) => lines > 50)).toEqual([]);
    expect(all.filter(({ lines }) => lines <= 20).length / all.length).toBeGreaterThanOrEqual(0.9);
  });
});

test('only entry points read the environment', () => {
  const readers = files.filter((file) => /process\.env\b/.test(readFileSync(join(SRC, file), 'utf8')));
  expect(readers.filter((file) => !ENTRY_POINTS.includes(file))).toEqual([]);
});
