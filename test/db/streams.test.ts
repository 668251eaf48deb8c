import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendLines, outOffset, runLines } from '../../src/db/agent-events.ts';
import type { StreamLine } from '../../src/db/agent-events.ts';
import { openDb } from '../../src/db/client.ts';
import { eventsAfter, readEvents } from '../../src/db/stream-reader.ts';
import type { Db } from '../../src/db/transaction.ts';
import { AT, beginProject, beginTurn, openTestDb } from './fixture.ts';

let db: Db;
let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, url, close } = await openTestDb());
});
afterAll(() => close());

/** Line `n` as a stream of 10-byte lines. */
const lineAt = (n: number): StreamLine => ({ offset: n * 10, raw: Buffer.from(`{"n":${n}}`), kind: 'other', json: { n }, text: `line ${n}`, at: AT });

const lineOf = (raw: Buffer, json: unknown, text = ''): StreamLine => ({ offset: 0, raw, kind: 'text', json, text, at: AT });

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function storedRaw(key: string): Promise<Buffer[]> {
  return collect(runLines(db, key));
}

describe('appending', () => {
  test('moves the offset together with the lines, and fences a part that does not start there', async () => {
    const { key } = await beginProject(db, 'append');
    expect(await appendLines(db, { runKey: key, from: 0, to: 20, lines: [lineAt(0), lineAt(1)] })).toBe('stored');
    expect(await outOffset(db, key)).toBe(20);
    expect(await appendLines(db, { runKey: key, from: 0, to: 20, lines: [lineAt(0), lineAt(1)] })).toEqual({ fenced: true, offset: 20 });
    expect(await appendLines(db, { runKey: key, from: 30, to: 40, lines: [lineAt(3)] })).toEqual({ fenced: true, offset: 20 });
    expect(await storedRaw(key)).toEqual([lineAt(0).raw, lineAt(1).raw]);
  });

  test('two writers at once store 10,000 lines exactly once', async () => {
    const total = 10_000;
    const { key } = await beginProject(db, 'race');
    // Both begin at the same offset, however late one of them comes: there it is fenced at least once.
    const begin = await outOffset(db, key);
    const follow = async (batch: number): Promise<{ stored: number; fenced: number }> => {
      const seen = { stored: 0, fenced: 0 };
      for (let at = begin; at < total * 10;) {
        const lines = Array.from({ length: Math.min(batch, total - at / 10) }, (_, index) => lineAt(at / 10 + index));
        const to = at + lines.length * 10;
        const result = await appendLines(db, { runKey: key, from: at, to, lines });
        if (result === 'stored') seen.stored += lines.length;
        else seen.fenced += 1;
        at = result === 'stored' ? to : result.offset;
      }
      return seen;
    };
    const [one, other] = await Promise.all([follow(70), follow(110)]);
    expect(one.stored + other.stored).toBe(total);
    expect(one.fenced + other.fenced).toBeGreaterThan(0);
    expect(await storedRaw(key)).toEqual(Array.from({ length: total }, (_, n) => lineAt(n).raw));
  });

  test('an unknown run is told by name', async () => {
    await expect(appendLines(db, { runKey: 'nobody', from: 0, to: 0, lines: [] })).rejects.toMatchObject({ kind: 'unknown_target' });
  });
});

describe('hostile lines', () => {
  const deep = JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`) as unknown;
  const cases: [string, StreamLine, unknown][] = [
    ['NUL bytes', lineOf(Buffer.from('a\0b'), null, 'a\0b'), null],
    ['broken UTF-8', lineOf(Buffer.from([0x7b, 0xff, 0xfe, 0x80]), null, '\ufffd'), null],
    ['an escaped NUL', lineOf(Buffer.from('{"a":"\\u0000"}'), { a: '\0' }, 'x'), null],
    ['a lone surrogate', lineOf(Buffer.from('{"a":"\\ud800"}'), { a: '\ud800' }, '\ud800'), null],
    ['the text of an escape', lineOf(Buffer.from('{"a":"\\\\u0000"}'), { a: '\\u0000' }, '\\u0000'), { a: '\\u0000' }],
    ['a pair of surrogates', lineOf(Buffer.from('{"a":"😀"}'), { a: '😀' }, '😀'), { a: '😀' }],
    ['nesting that cannot be written again', lineOf(Buffer.from('[[[…'), deep, 'deep'), null],
    ['the JSON null', lineOf(Buffer.from('null'), null, 'null'), null],
  ];

  test.each(cases)('%s are stored raw and do not stop the stream', async (name, line, json) => {
    const project = `hostile-${cases.findIndex((one) => one[0] === name)}`;
    const { key } = await beginProject(db, project);
    expect(await appendLines(db, { runKey: key, from: 0, to: line.raw.length + 1, lines: [line] })).toBe('stored');
    expect(await storedRaw(key)).toEqual([line.raw]);
    const { events } = await eventsAfter(db, { project }, null);
    expect(events[0]?.json).toEqual(json);
    expect(events[0]?.text).toBe(line.text.toWellFormed().replaceAll('\0', '\ufffd'));
  });
});

test('a value that the server refuses costs the parsed form, not the line', async () => {
  const { key } = await beginProject(db, 'refused');
  const shallow = openDb(`${url}?options=${encodeURIComponent('-c max_stack_depth=100kB')}`, { max: 1 });
  const nested = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) as unknown;
  const line = lineOf(Buffer.from('[[['), nested, 'nested');
  expect(await appendLines(shallow.db, { runKey: key, from: 0, to: 4, lines: [line] })).toBe('stored');
  await shallow.close();
  expect((await eventsAfter(db, { project: 'refused' }, null)).events).toMatchObject([{ text: 'nested', json: null }]);
});

describe('reading', () => {
  test('goes on from a cursor over all runs of a target, in order', async () => {
    const { turn, key } = await beginProject(db, 'read');
    const second = await beginTurn(db, { ...turn, turn: 2 });
    await appendLines(db, { runKey: key, from: 0, to: 30, lines: [0, 1, 2].map(lineAt) });
    await appendLines(db, { runKey: second.key, from: 0, to: 10, lines: [{ ...lineAt(0), tool: 'Bash', toolUseId: 'use-1' }] });

    const first = await eventsAfter(db, { project: 'read' }, null, 2);
    expect(first.events.map((event) => [event.turn, event.offset])).toEqual([[1, 0], [1, 10]]);
    const rest = await eventsAfter(db, { project: 'read' }, first.cursor);
    expect(rest.events.map((event) => [event.turn, event.offset])).toEqual([[1, 20], [2, 0]]);
    expect(rest.events[1]).toEqual({
      at: AT, project: 'read', milestone: 'slugs', task: 'ascii', turn: 2, run: second.key, offset: 0, kind: 'other', text: 'line 0',
      tool: 'Bash', toolUseId: 'use-1', json: { n: 0 },
    });
    expect(await eventsAfter(db, { project: 'read' }, rest.cursor)).toEqual({ events: [], cursor: rest.cursor });

    await appendLines(db, { runKey: second.key, from: 10, to: 20, lines: [lineAt(1)] });
    expect((await eventsAfter(db, { project: 'read' }, rest.cursor)).events).toHaveLength(1);
    const pages = await collect(readEvents(db, { project: 'read', milestone: 'slugs', task: 'ascii', turn: 2 }));
    expect(pages.flat().map((event) => event.offset)).toEqual([0, 10]);
  });
});
