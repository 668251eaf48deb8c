import { describe, expect, test } from '@jest/globals';
import { MAX_YAML_BYTES, pathText, readYaml } from '../../src/domain/yaml-source.ts';

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...[...'bcdefghi'].map((name, n) => `${name}: &${name} [${`*${'abcdefgh'[n]},
  `.repeat(9)}]`)].join('\n');

describe('what is not read, and why', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', '1:1 the file is empty'],
    ['only comments', '# nothing\n\n', '1:1 the file is empty'],
    ['a tab', 'a:\n\t- b\n', '2:1 a tab is not allowed as indentation (indent with spaces)'],
    ['several documents', 'a: 1\n---\nb: 2\n', '2:1 the file holds several documents (one document per file: remove the line ---)'],
    ['a tag', 'a: !include x\n', '1:4 unknown tag: !include: tags are not read'],
    ['an alias to nowhere', 'a: *b\n', '1:1 Unresolved alias (the anchor must be set before the alias): b'],
    ['a bomb of aliases', bomb, '1:1 too many aliases: they may stand for at most 100 copies'],
    ['brackets without end', '['.repeat(50_000), '1:1 values are nested too deeply'],
    ['dashes without end', '- '.repeat(50_000), '1:1 values are nested too deeply'],
    ['a large file', `a: ${'x'.repeat(MAX_YAML_BYTES)}`, '1:1 the file has 1000003 bytes, at most 1000000 are read'],
    ['a large file in two-byte letters', `a: ${'é'.repeat(MAX_YAML_BYTES / 2)}`,
      '1:1 the file has 1000003 bytes, at most 1000000 are read'],
    ['another encoding', Uint8Array.from([0x61, 0x3a, 0x20, 0xe9]), '1:1 the file is not UTF-8 (save it with the encoding UTF-8)'],
    ['another version of YAML', '%YAML 1.1\n---\na: yes\n', '1:1 YAML 1.1 is not read (remove the line %YAML)'],
    ['an open bracket', 'a: [1,\n', '2:1 Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['a list as key', '? [a]\n: 1\n', '1:3 a key must be plain text'],
  ])('%s', (_, text, expected) => {
    const { syntax, value } = readYaml(text);
    expect(value).toBeUndefined();
    expect(syntax.map((m) => `${m.line}:${m.column} ${m.message}${m.suggestion ? ` (${m.suggestion})` : ''}`)).toContain(expected);
  });
});

describe('what is read', () => {
  test.each<[string, string | Uint8Array, unknown]>([
    ['a byte order mark', '\ufeffa: 1\n', { a: 1 }],
    ['bytes with one', Uint8Array.from([0xef, 0xbb, 0xbf, 0x61, 0x3a, 0x20, 0x31]), { a: 1 }],
    ['Windows line ends', 'a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['a few aliases', 'a: &x {n: 1}\nb: *x\n', { a: { n: 1 }, b: { n: 1 } }],
    ['JSON on one line with many keys', JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n]))),
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n]))],
    ['instants as text', 'a: 2026-12-01T18:00:00Z\n', { a: '2026-12-01T18:00:00Z' }],
  ])('%s', (_, text, value) => expect(readYaml(text)).toMatchObject({ value, syntax: [] }));

  test('a key that is written twice is told with the other mistakes', () => {
    const source = readYaml('a: 1\nb:\n  c: 1\n  c: 2\na: 3\n');
    expect(source.syntax.map(({ line, column }) => [line, column])).toEqual([[4, 3], [5, 1]]);
    expect(source.value).toEqual({ a: 3, b: { c: 2 } });
  });
});

describe('places', () => {
  const source = readYaml('a:\n  - x: &anchor {deep: 1}\n  - y: *anchor\nempty:\n');
  test.each<[(string | number)[], boolean, [number, number]]>([
    [['a', 0, 'x', 'deep'], false, [2, 23]],
    [['a', 0, 'x', 'deep'], true, [2, 17]],
    [['a', 1, 'y', 'deep'], false, [2, 23]],
    [['a', 1, 'missing'], false, [3, 5]],
    [['a', 7], false, [2, 3]],
    [['empty'], false, [4, 7]],
    [['empty'], true, [4, 1]],
    [[], false, [1, 1]],
  ])('%j', (path, atKey, [line, column]) => {
    expect(source.place([{ path, message: 'm', atKey }])).toEqual([{ path: pathText(path), line, column, message: 'm' }]);
  });

  test('the same mistake is told once', () => {
    expect(source.place([{ path: ['a'], message: 'm' }, { path: ['a'], message: 'm' }, { path: ['a'], message: 'n' }])).toHaveLength(2);
  });
});
