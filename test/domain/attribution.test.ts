/** What is tied to which call, from marks and trees that are written down here. */
import { describe, expect, test } from '@jest/globals';
import { causeOf, openAt, openBetween, originsOf, suspects, type WrittenBy } from '../../src/domain/attribution.ts';
import { callIntervals, callSpans, readMarks, type CallMark, type IsOver } from '../../src/domain/call-marks.ts';
import { changeOf } from '../db/changes.ts';

let clock = 0;
const mark = (phase: CallMark['phase'], id?: string, tree?: string): CallMark =>
  ({ at: new Date((clock += 1000)).toISOString(), phase, ...(id !== undefined && { tool: id.startsWith('w') ? 'Write' : id.startsWith('r') ? 'Read' : 'Bash', toolUseId: id }), ...(tree !== undefined && { tree }) });
const never: IsOver = () => false;
const intervals = (marks: CallMark[], isOver = never) =>
  callIntervals({ first: 'T0', marks, last: 'T1', isOver }).map(({ from, to, calls }) => `${from}>${to} ${calls.map(({ toolUseId }) => toolUseId).join('+')}`);

describe('intervals', () => {
  test('one call after the other, and what changed before, between and after them', () => {
    expect(intervals([mark('start', undefined, 'T0'), mark('begin', 'a', 'x'), mark('end', 'a', 'y'), mark('begin', 'b', 'z'), mark('end', 'b', 'z'), mark('exit', undefined, 'q')]))
      .toEqual(['T0>x ', 'x>y a', 'y>z ', 'z>q ', 'q>T1 ']);
  });

  test('calls that overlap: each piece names those that were open in it', () => {
    expect(intervals([mark('begin', 'a', 'T0'), mark('begin', 'b', 'x'), mark('end', 'a', 'y'), mark('end', 'b', 'z')])).toEqual(['T0>x a', 'x>y a+b', 'y>z b', 'z>T1 ']);
  });

  test('where trees are missing, a piece names all calls within it', () => {
    expect(intervals([mark('begin', 'a', 'T0'), mark('end', 'a'), mark('begin', 'b'), mark('end', 'b', 'z')])).toEqual(['T0>z a+b', 'z>T1 ']);
    expect(intervals([mark('begin', 'a'), mark('end', 'a')])).toEqual(['T0>T1 a']);
    expect(intervals([])).toEqual(['T0>T1 ']);
  });

  test('a call whose end was not told is over when the stream shows its result before the next call, or when its run is', () => {
    const marks = [mark('begin', 'a', 'T0'), mark('begin', 'b', 'x'), mark('end', 'b', 'y')];
    expect(intervals(marks)).toEqual(['T0>x a', 'x>y a+b', 'y>T1 a']);
    expect(intervals(marks, (earlier, later) => earlier === 'a' && later === 'b')).toEqual(['T0>x a', 'x>y b', 'y>T1 ']);
    expect(intervals([mark('begin', 'a', 'T0'), mark('start', undefined, 'x')])).toEqual(['T0>x a', 'x>T1 ']);
  });

  test('an end of a call that never began, and lines nobody knows, change nothing', () => {
    expect(intervals([mark('begin', 'a', 'T0'), mark('end', 'forged', 'x'), mark('end', 'a', 'y')])).toEqual(['T0>x a', 'x>y a', 'y>T1 ']);
    expect(readMarks('{"at":"2026-01-01T00:00:00Z","phase":"start"}\nnull\n{}\n[1]\n{"at":"2026-01-01T0')).toEqual([{ at: '2026-01-01T00:00:00Z', phase: 'start' }]);
  });
});

const bash = (toolUseId: string) => ({ tool: 'Bash', toolUseId });
const written: WrittenBy = (id) => ({ w1: 'a', w2: 'b' })[id];

test.each<[string, string[], WrittenBy, string]>([
  ['the only call', ['b1'], written, 'b1'], ['no call', [], written, 'other'], ['a call that only reads', ['r1'], written, 'other'],
  ['a Write of that file', ['w1'], written, 'w1'], ['a Write of another file', ['w2'], written, 'other'], ['a Write that was refused', ['w9'], written, 'other'],
  ['a Write of that file beside a command', ['w1', 'b1'], written, 'w1'], ['a Write of another file beside a command', ['b1', 'w2'], written, 'b1'],
  ['two commands: the one that began last', ['b1', 'b2'], written, 'b2'], ['a Write whose file is not known yet', ['w1'], () => null, 'w1'],
])('who has changed "a": %s', (_, open, writtenBy, expected) => {
  const calls = open.map((id) => ({ toolUseId: id, tool: id.startsWith('w') ? 'Write' : id.startsWith('r') ? 'Read' : 'Bash' }));
  const by = causeOf(suspects('a', calls, writtenBy));
  expect(by.kind === 'tool' ? by.toolUseId : 'other').toBe(expected);
});

describe('the last of several steps', () => {
  const step = (from: string, to: string, calls: string[], changes: ReturnType<typeof changeOf>[]) => ({ from, to, calls: calls.map(bash), changes });
  const last = (changes: ReturnType<typeof changeOf>[], steps: ReturnType<typeof step>[]) =>
    [...originsOf(changes, steps, written)].map(([path, origin]) => [path, origin.suspects.map(({ toolUseId }) => toolUseId).join('+'), origin.before]);
  const to = (path: string, shaAfter: string | null) => changeOf(path, { shaAfter });

  test('the one that led to what is there now; of somebody else\'s, the tree before all of theirs', () => {
    expect(last([to('a', 'three')], [step('T0', 'x', ['b1'], [to('a', 'two')]), step('x', 'T1', ['b2'], [to('a', 'three')])])).toEqual([['a', 'b2', 'x']]);
    const steps = [step('T0', 'x', ['b1'], [to('a', 'two')]), step('x', 'y', [], [to('a', 'three')]), step('y', 'z', ['b2'], [to('c', 'k')]), step('z', 'T1', [], [to('a', 'four')])];
    const again = [step('T0', 'x', ['b1'], [to('a', 'two')]), step('x', 'y', ['b2'], [to('a', 'three')]), step('y', 'T1', ['b3'], [to('a', 'two')])];
    expect(last([to('a', 'two')], again)).toEqual([['a', 'b3', 'y']]);
    expect(last([to('a', 'four'), to('c', 'k')], steps)).toEqual([['a', '', 'x'], ['c', 'b2', 'y']]);
  });

  test('what was taken back is not counted', () => {
    const steps = [step('T0', 'x', ['b1'], [to('a', 'two')]), step('x', 'y', [], [to('a', 'three')]), step('y', 'T1', [], [to('a', 'two')])];
    expect(last([to('a', 'two')], steps)).toEqual([['a', 'b1', 'T0']]);
    expect(last([to('a', 'two')], steps.slice(0, 2))).toEqual([['a', 'b1', 'T0']]);
  });

  test('a rename touches both its paths', () => {
    const moved = changeOf('new', { op: 'rename', from: 'old', shaAfter: 'same' });
    expect(last([changeOf('new', { op: 'add', shaAfter: 'same' }), changeOf('old', { op: 'delete', shaAfter: null })], [step('T0', 'T1', ['b1'], [moved])]))
      .toEqual([['new', 'b1', 'T0'], ['old', 'b1', 'T0']]);
  });
});

test('by the clock: the calls that were open at a moment, or at some moment between two', () => {
  clock = 0;
  const spans = callSpans([mark('begin', 'a'), mark('end', 'a'), mark('begin', 'b'), mark('begin', 'c'), mark('end', 'b')], never);
  expect(spans.map(({ toolUseId, since, until }) => [toolUseId, since, until])).toEqual([['a', 1000, 2000], ['b', 3000, 5000], ['c', 4000, Infinity]]);
  const at = (moment: number): string => openAt(moment, spans, spans).map(({ toolUseId }) => toolUseId).join('+');
  expect([at(500), at(995), at(2000), at(2500), at(4500), at(9000)]).toEqual(['', 'a', 'a', '', 'b+c', 'c']);
  expect(openBetween(1500, 3500, spans).map(({ toolUseId }) => toolUseId)).toEqual(['a', 'b']);
});
