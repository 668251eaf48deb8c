import { expect, test } from '@jest/globals';
import { inLanes } from '../../src/drill/lanes.ts';
import { brokenPromises, type Evidence } from '../../src/drill/result.ts';
import { bytesOf, compare, type StoredRow } from '../../src/drill/verdict.ts';

const out = Buffer.from('one\ntwo\n\nlast');
const row = (offset: number, text: string): StoredRow => ({ offset, raw: Buffer.from(text) });
const ROWS = [row(0, 'one'), row(4, 'two'), row(8, ''), row(9, 'last')];
const of = (rows: StoredRow[], outOffset = out.length) => compare([out], [{ key: 'k', outOffset, rows }]);

test('rows that are the output, to the byte', () => {
  const compared = of(ROWS);
  expect(compared).toMatchObject({ written: 4, stored: 4, lost: 0, duplicated: 0 });
  expect(compared.rowsSha256).toBe(compared.outSha256);
  expect(bytesOf({ rows: [row(0, 'a')], outOffset: 2 }).toString()).toBe('a\n');
});

test.each([
  ['a line without a row is lost', ROWS.filter((_, n) => n !== 1), { lost: 1, duplicated: 0 }],
  ['a row twice is one too many', [...ROWS, row(4, 'two')], { lost: 0, duplicated: 1 }],
  ['a row of other words is both', ROWS.with(1, row(4, 'TWO')), { lost: 1, duplicated: 1 }],
])('%s', (_, rows, counts) => {
  const compared = of(rows);
  expect(compared).toMatchObject(counts);
  expect(compared.rowsSha256).not.toBe(compared.outSha256);
});

test('a row where no line begins is none', () => {
  expect(of(ROWS.with(1, row(5, 'two')))).toMatchObject({ lost: 1, duplicated: 1 });
});

test('a newline that is not stored is seen', () => {
  const compared = compare([Buffer.from('one\n')], [{ key: 'k', outOffset: 3, rows: [row(0, 'one')] }]);
  expect(compared.rowsSha256).not.toBe(compared.outSha256);
});

test('several runs are held against their own output', () => {
  const runs = [{ key: 'a', outOffset: 2, rows: [row(0, 'a')] }, { key: 'b', outOffset: 2, rows: [row(0, 'b')] }];
  expect(compare([Buffer.from('a\n'), Buffer.from('b\n')], runs)).toMatchObject({ written: 2, stored: 2, lost: 0, duplicated: 0 });
  expect(compare([Buffer.from('b\n'), Buffer.from('a\n')], runs)).toMatchObject({ lost: 2, duplicated: 2 });
});

const evidence: Evidence = {
  struck: { injectedAt: new Date(0), seenInMs: 1, recoveredInMs: 2, seen: 'x' },
  runs: [{ key: 'k', seq: 1, state: 'exited', pid: 1, startTicks: 1, exitReason: 'exited', outOffset: out.length, lines: 4 }],
  compared: of(ROWS), numbers: [[1, 2, 3]], survivors: [], proof: 'marker',
};

test.each([
  [{}, []],
  [{ survivors: [42] }, ['processes are left: 42']],
  [{ numbers: [[1, 3]] }, [expect.stringContaining('did not run once')]],
  [{ numbers: [[1, 1, 2]] }, [expect.stringContaining('did not run once')]],
  [{ runs: [...evidence.runs, ...evidence.runs] }, ['the turn took 2 runs, not 1']],
  [{ runs: evidence.runs.map((run) => ({ ...run, exitReason: 'cancelled' })) }, ['the last run ended as cancelled, not as exited']],
  [{ compared: of(ROWS.slice(1)) }, ['1 of 4 lines are not stored', 'the rows are not the bytes that the agent wrote']],
])('promises: %j', (more: Partial<Evidence>, broken) => {
  expect(brokenPromises({ runs: 1, exit: 'exited' }, { ...evidence, ...more })).toEqual(broken);
});

test('lanes keep the order, and stop at the first failure when what runs has ended', async () => {
  expect(await inLanes(2, [30, 1, 2], async (n) => n * 2)).toEqual([60, 2, 4]);
  const begun: number[] = [];
  const work = async (n: number): Promise<void> => {
    begun.push(n);
    if (n === 1) throw new Error('one');
  };
  await expect(inLanes(1, [1, 2, 3], work)).rejects.toThrow('one');
  expect(begun).toEqual([1]);
});
