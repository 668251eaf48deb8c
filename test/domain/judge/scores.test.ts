import { describe, expect, test } from '@jest/globals';
import { heuristicConfidence, scoreTurn } from '../../../src/domain/scores.ts';
import { check, good, noWork, redCheck, reviewed, unavailable } from './sample-facts.ts';

const lint = check({ name: 'lint', measures: 'syntax' });

describe('quality', () => {
  test.each([
    ['all four parts', good({ review: reviewed({ quality: 0.5 }) }), 0.85, 'syntax .2, requirements .3, review .3, tests .2'],
    ['no build check', good({ evidence: [check()], review: reviewed({ quality: 0.5 }) }), 0.8125, 'requirements .375, review .375, tests .25'],
    ['no reviewer', good({ evidence: [lint, check(), redCheck({ required: false })], review: unavailable }), 0.75, 'syntax .5, tests .5'],
    ['only a review', good({ evidence: [], review: reviewed({ requirementsMet: [], quality: 0.4 }) }), 0.4, 'review 1'],
    ['a flaky test', good({ evidence: [check({ outcome: 'flaky' })], review: null }), 0.5, 'tests 1'],
    ['a check that says nothing about what it measures', good({ evidence: [check({ measures: undefined })], review: null }), 1, 'tests 1'],
    ['nothing', good({ evidence: [], review: null }), null, ''],
  ])('%s', (_, facts, quality, parts) => {
    const scores = scoreTurn(facts);
    expect(scores.quality).toBe(quality);
    expect(scores.parts.map(({ name, weight }) => `${name} ${String(weight).replace(/^0/, '')}`).join(', ')).toBe(parts);
  });
});

describe('confidence', () => {
  test('four tenths ours, six tenths the reviewer; ours alone without one', () => {
    expect(scoreTurn(good({ review: reviewed({ confidence: 0.5 }) })).confidence).toBe(0.7);
    expect(scoreTurn(good({ review: unavailable, changes: { files: 0, lines: 0 } })).confidence).toBe(0.9);
  });

  test.each([
    ['nothing to doubt', {}, 1],
    ['no work', { validation: noWork }, 0.5],
    ['two denials', { validation: { valid: true, findings: [], denials: 2 } }, 0.9],
    ['many denials', { validation: { valid: true, findings: [], denials: 40 } }, 0.8],
    ['no check', { evidence: [] }, 0.5],
    ['no required check', { evidence: [check({ required: false })] }, 0.7],
    ['a flaky check', { evidence: [check({ outcome: 'flaky' as const })] }, 0.85],
    ['a slow check', { evidence: [check({ outcome: 'timeout' as const })] }, 0.85],
    ['a check that writes', { evidence: [check({ treeAfter: 'u' })] }, 0.9],
    ['no change', { changes: { files: 0, lines: 0 } }, 0.9],
    ['a large change', { changes: { files: 3, lines: 501 } }, 0.9],
    ['a reviewer who saw a part', { review: { ...reviewed(), notShown: 1 } }, 0.9],
    ['a huge change', { changes: { files: 101, lines: null } }, 0.7],
  ])('the heuristic: %s', (_, change, expected) => {
    expect(heuristicConfidence(good(change))).toBe(expected);
  });
});
