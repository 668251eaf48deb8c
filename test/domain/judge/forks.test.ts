/** A turn beside what other lines of its task have come to: what is said, explained and judged again. */
import { describe, expect, test } from '@jest/globals';
import { wouldChange } from '../../../src/domain/explain.ts';
import { judge, type JudgeFacts } from '../../../src/domain/judge.ts';
import { contextOf } from '../../../src/domain/judge/custom-facts.ts';
import { rejudge } from '../../../src/domain/rejudge.ts';
import { besides, good, reviewed } from './sample-facts.ts';

const alone = good({ evidence: [], review: reviewed({ quality: 0.9, requirementsMet: [] }) });
const beside = (...qualities: number[]): JudgeFacts => ({ ...alone, forks: besides(...qualities) });

describe('a person is told', () => {
  test('both turns, both figures, and the command that shows them', () => {
    const { reason, decision, detail } = judge(beside(0.2));
    expect(reason).toBe('Two lines of this task point to opposite decisions: p/m-fork-1/ascii.1 has quality 0.90, p/m/ascii.2 has 0.20. See both: holdpoint compare p/m/ascii.2 p/m-fork-1/ascii.1');
    expect(decision).toMatchObject({ kind: 'breakpoint', breakpoint: 'conflicting_solutions', reason });
    expect(detail).toEqual({ gate: 0.7, issues: [], turn: 'p/m-fork-1/ascii.1', quality: 0.9, siblings: [{ turn: 'p/m/ascii.2', quality: 0.2 }] });
  });

  test('of several those that contradict it, a few by name; the rest is counted in the detail', () => {
    const { reason, detail } = judge(beside(0.8, 0.1, 0.2, 0.3, 0.4));
    expect(reason.match(/m[-\w]*\/ascii\.2 has 0\.\d+/g)).toEqual(['m-fork-2/ascii.2 has 0.10', 'm-fork-3/ascii.2 has 0.20', 'm-fork-4/ascii.2 has 0.30']);
    expect((detail?.siblings as unknown[]).length).toBe(4);
  });

  test('both contradictions where there are two, and only the one there is', () => {
    const torn = good({ review: reviewed({ quality: 0.2 }), forks: besides(0.1) });
    expect(judge(torn).reason).toMatch(/^Evidence and review contradict each other: .*\nTwo lines of this task/);
    expect(judge({ ...torn, forks: besides(0.9) }).reason).not.toContain('Two lines');
    expect(judge({ ...torn, forks: besides(0.9) }).detail).not.toHaveProperty('siblings');
  });
});

test('what would have changed it: no other line, and where the other would have had to be', () => {
  expect(wouldChange(beside(0.2))).toEqual(expect.arrayContaining([
    'With no other line of the task: proceed (quality_reached).', 'With a quality of p/m/ascii.2 of 0.50 or more: proceed (quality_reached).',
  ]));
  expect(wouldChange(beside(0.6))).toContain('With a quality of p/m/ascii.2 of 0.49 or less: breakpoint conflicting_solutions (conflicting_solutions).');
  expect(wouldChange(alone).join()).not.toContain('line of the task');
});

test('judged again it is held against the same figures', () => {
  const { scores, rule } = judge(beside(0.2));
  const stored = { decision: 'breakpoint', breakpoint: 'conflicting_solutions', rule, scores, facts: JSON.parse(JSON.stringify(beside(0.2))) as JudgeFacts } as const;
  expect(rejudge(stored, {})).toMatchObject({ differs: false });
  expect(rejudge(stored, { thresholds: { conflict: 0.7 } })).toMatchObject({ differs: true, after: { rule: 'quality_reached' } });
  expect(rejudge(stored, { review: reviewed({ quality: 0.3, requirementsMet: [] }) })).toMatchObject({ differs: true, after: { rule: 'quality_low_retry' } });
});

test('rules of plans see what they saw before', () => {
  const { scores } = judge(alone);
  expect(contextOf(beside(0.2), scores)).toEqual(contextOf(alone, scores));
});
