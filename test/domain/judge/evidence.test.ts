import { describe, expect, test } from '@jest/globals';
import type { StreamSummary } from '../../../src/domain/agent.ts';
import { compareCheck, isWorthRepeating } from '../../../src/domain/evidence-compare.ts';
import type { CheckOutcome, CheckRun } from '../../../src/domain/evidence.ts';
import { validateStream } from '../../../src/domain/stream-validation.ts';

const run = (exitCode: number | null, timedOut = false, tail = ''): CheckRun =>
  ({ name: 'test', exitCode, durationMs: 1, timedOut, tail, tree: 't', treeAfter: 't' });
const green = run(0);
const red = run(1);
const slow = run(null, true);
const unstartable = run(null);

describe('evidence beside the baseline', () => {
  type Row = [what: string, baseline: CheckRun | null, now: CheckRun, again: CheckRun | null, outcome: string, pass: boolean, noNewFailures: boolean];
  const ROWS: Row[] = [
    ['green as before', green, green, null, 'pass', true, true],
    ['green, no baseline', null, green, null, 'pass', true, true],
    ['repaired', red, green, null, 'fixed', true, true],
    ['repaired after a time-out', slow, green, null, 'fixed', true, true],
    ['broken', green, red, red, 'newlyFailing', false, false],
    ['broken, no baseline', null, red, red, 'newlyFailing', false, false],
    ['cannot start any more', green, unstartable, unstartable, 'newlyFailing', false, false],
    ['red as before', red, red, null, 'stillFailing', false, true],
    ['red, green when repeated', green, red, green, 'flaky', true, true],
    ['too slow', green, slow, null, 'timeout', false, false],
    ['too slow as before', slow, slow, null, 'timeout', false, true],
    ['red, then too slow', green, red, slow, 'timeout', false, false],
  ];
  test.each(ROWS)('%s', (_, baseline, now, again, outcome, pass, noNewFailures) => {
    const compare = (expectation: 'pass' | 'noNewFailures') =>
      compareCheck({ required: true, expect: expectation, measures: 'tests' }, now, again, baseline);
    expect(compare('pass')).toMatchObject({ outcome, met: pass, baselineExitCode: baseline?.exitCode ?? null, required: true, measures: 'tests' });
    expect(compare('noNewFailures')).toMatchObject({ outcome, met: noNewFailures });
  });

  test('a flaky check keeps the output of its failure, a real failure that of the last run', () => {
    const spec = { required: true, expect: 'pass', measures: 'tests' } as const;
    expect(compareCheck(spec, run(1, false, 'first'), run(0, false, 'second'), green)).toMatchObject({ exitCode: 1, tail: 'first' });
    expect(compareCheck(spec, run(1, false, 'first'), run(2, false, 'second'), green)).toMatchObject({ exitCode: 2, tail: 'second' });
  });

  test('only a failure that is new is worth a second run', () => {
    expect([isWorthRepeating(red, green), isWorthRepeating(red, null)]).toEqual([true, true]);
    expect([isWorthRepeating(red, red), isWorthRepeating(slow, green), isWorthRepeating(green, green)]).toEqual([false, false, false]);
  });

  test('new beside the baseline, or beside the last run in the milestone', () => {
    const last = (of: CheckRun, outcome: CheckOutcome | null) => ({ ...of, outcome });
    expect([last(green, 'fixed'), last(red, 'flaky'), last(green, null)].map((one) => isWorthRepeating(red, red, one))).toEqual([true, true, true]);
    expect([last(red, 'stillFailing'), last(slow, 'timeout'), last(red, null)].map((one) => isWorthRepeating(red, red, one))).toEqual([false, false, false]);
    expect(isWorthRepeating(red, green, last(red, 'newlyFailing'))).toBe(true);
  });
});

describe('a stream', () => {
  type Stream = Parameters<typeof validateStream>[0];
  const denial: StreamSummary['denials'][number] = { tool: 'Bash', toolUseId: 'u', message: 'no' };
  const stream = (change: Partial<Stream> = {}): Stream => ({
    toolCalls: 3, denials: [], bypasses: [], resultText: 'done', openCall: null, outcome: { kind: 'completed', text: 'done' }, ...change,
  });
  const kinds = (some: Stream, changed: number): string => {
    const { valid, findings } = validateStream(some, changed);
    return [valid ? 'valid' : 'invalid', ...findings.map(({ kind }) => kind)].join(' ');
  };
  test.each([
    ['with work', stream(), 1, 'valid'],
    ['that only read', stream({ resultText: 'It was so already.' }), 0, 'valid'],
    ['that only read, and says it is done', stream(), 0, 'invalid nothingChanged'],
    ['with some calls denied and no change', stream({ denials: [denial], resultText: 'Hm.' }), 0, 'invalid noWorkDone denied'],
    ['without calls and changes', stream({ toolCalls: 0 }), 0, 'invalid noWorkDone'],
    ['without calls, but with changes', stream({ toolCalls: 0 }), 2, 'valid'],
    ['with every call denied', stream({ toolCalls: 1, denials: [denial] }), 0, 'invalid noWorkDone denied'],
    ['with some calls denied', stream({ denials: [denial] }), 1, 'valid denied'],
    ['with a call unanswered', stream({ openCall: { tool: 'Bash', toolUseId: 'u', input: {} } }), 1, 'invalid truncated'],
    ['without a final text', stream({ resultText: null }), 1, 'invalid truncated'],
    ['with a call our gate had not allowed', stream({ bypasses: [{ tool: 'Bash', toolUseId: 'u', source: 'config' }] }), 1, 'invalid bypassed'],
    ['that refused', stream({ outcome: { kind: 'refused', message: 'no' } }), 1, 'valid refused'],
  ])('%s', (_, some, changed, expected) => {
    expect(kinds(some, changed)).toBe(expected);
  });

  test('denials are listed, not all of many', () => {
    const { findings, denials } = validateStream(stream({ toolCalls: 9, denials: Array<typeof denial>(8).fill(denial) }), 1);
    expect([denials, findings[0]?.text]).toEqual([8, 'Denied by the gate: Bash: no; Bash: no; Bash: no; Bash: no; Bash: no and 3 more.']);
  });
});
