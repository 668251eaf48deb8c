import { describe, expect, test } from '@jest/globals';
import { combineReviews, defaultMajority } from '../../src/domain/review-majority.ts';
import type { AskedReview } from '../../src/domain/review-majority.ts';
import type { Review, ReviewOutcome } from '../../src/domain/review.ts';
import { seededRandom } from '../support/random.ts';
import { GOOD_PLAN, goodPlan, mistakes } from '../support/plans.ts';

const judged = (quality: number, more: Partial<Review> = {}, model = `m${quality}`): AskedReview => ({
  reviewer: 'ollama',
  outcome: { kind: 'reviewed', review: { requirementsMet: [], issues: [], alternatives: [], quality, confidence: quality, ...more }, model, promptHash: 'h', durationMs: 1, tries: 1 },
});
const away = (model = 'gone'): AskedReview => ({ reviewer: 'ollama', outcome: { kind: 'unavailable', reason: 'deadline', message: 'too slow.', model, tries: 1 } });
const qualityOf = (outcome: ReviewOutcome | undefined): number | string | undefined => (outcome?.kind === 'reviewed' ? outcome.review.quality : outcome?.reason);

test('one reviewer is as it was', () => {
  const [only] = [judged(0.4)];
  expect(combineReviews([only])).toBe(only.outcome);
  expect(combineReviews([])).toBeUndefined();
  expect([1, 2, 3, 4, 5].map(defaultMajority)).toEqual([1, 2, 2, 3, 3]);
});

describe('a score is the greatest that a majority gives at least', () => {
  test.each([
    ['of two, the lower', [0.9, 0.2], 2, 0.2],
    ['of three, the middle', [0.1, 0.9, 0.6], 2, 0.6],
    ['a generous one lifts nothing', [1, 0.3, 0.3], 2, 0.3],
    ['a harsh one lowers nothing', [0, 0.8, 0.8], 2, 0.8],
    ['of four, the lower middle: a tie is no majority', [0.9, 0.9, 0.2, 0.2], 3, 0.2],
    ['all three, where the plan asks for all', [0.9, 0.8, 0.1], 3, 0.1],
    ['one that is away counts as nothing', [0.9, null, 0.5], 2, 0.5],
    ['too few judged', [0.9, null, null], 2, 'deadline'],
    ['none judged', [null, null], 2, 'deadline'],
    ['one of two judged', [1, null], 2, 'deadline'],
  ])('%s', (_, scores, majority, wanted) => {
    const asked = scores.map((score, n) => (score === null ? away(`gone${n}`) : judged(score)));
    expect(qualityOf(combineReviews(asked, majority))).toBe(wanted);
  });

  test('laws: never above what a majority gives, never raised by leaving one out, and order does not matter', () => {
    const random = seededRandom(5);
    const below = (limit: number): number => Math.floor(random() * limit);
    for (let round = 0; round < 300; round += 1) {
      const asked = Array.from({ length: 2 + below(5) }, (_, n) => (below(5) === 0 ? away(`g${n}`) : judged(below(11) / 10)));
      const majority = defaultMajority(asked.length) + below(asked.length - defaultMajority(asked.length) + 1);
      const all = combineReviews(asked, majority);
      expect(qualityOf(combineReviews([...asked].reverse(), majority))).toBe(qualityOf(all));
      if (all?.kind !== 'reviewed') continue;
      const { quality } = all.review;
      expect(asked.filter(({ outcome }) => outcome.kind === 'reviewed' && outcome.review.quality >= quality).length).toBeGreaterThanOrEqual(majority);
      for (const n of asked.keys()) {
        const without = combineReviews(asked.map((one, at) => (at === n ? away() : one)), majority);
        if (without?.kind === 'reviewed') expect(without.review.quality).toBeLessThanOrEqual(quality);
      }
    }
  });
});

test('who is missing is told with the reason', () => {
  expect(combineReviews([judged(0.9), away('slow'), away('gone')])).toMatchObject({
    kind: 'unavailable', reason: 'deadline', message: 'Of 3 reviewers 1 judged, 2 are needed. ollama slow: deadline, too slow. ollama gone: deadline, too slow.',
  });
});

test('what each said is kept', () => {
  expect(combineReviews([judged(0.9), away(), judged(0.7)])).toMatchObject({
    model: 'm0.9, m0.7', by: [{ model: 'm0.9', quality: 0.9 }, { model: 'gone', quality: null, confidence: null }, { quality: 0.7 }],
  });
});

describe('requirements', () => {
  const says = (...met: (boolean | null)[]): AskedReview[] =>
    met.map((one, n) => judged(0.5, { requirementsMet: one === null ? [] : [{ requirement: n === 0 ? '- NPM test  passes.' : 'npm test passes', met: one }] }, `m${n}`));
  test.each([
    ['two of three say so', [true, true, false], 2, true],
    ['one of three says so', [true, false, false], 2, false],
    ['two differ', [true, false], 2, false],
    ['one of four differs, and three are needed', [true, true, true, false], 3, true],
    ['two of four differ', [true, true, false, false], 3, false],
    ['who does not name it does not count', [true, null, null], 2, true],
    ['nobody says it is met', [null, false, null], 2, false],
    ['all are needed', [true, true, false], 3, false],
  ])('met or not: %s', (_, votes, majority, wanted) => {
    const outcome = combineReviews(says(...votes), majority);
    expect(outcome?.kind === 'reviewed' && outcome.review.requirementsMet.map(({ met }) => met)).toEqual([wanted]);
  });

  test('one that names a requirement both ways says no', () => {
    const twice = judged(0.5, { requirementsMet: [{ requirement: 'a', met: true }, { requirement: 'a', met: false }] });
    expect(combineReviews([twice, judged(0.5)], 2)).toMatchObject({ review: { requirementsMet: [{ requirement: 'a', met: false }] } });
  });
});

test('issues and alternatives of all are told once', () => {
  const issue = { severity: 'minor', text: 'Names are long' } as const;
  const outcome = combineReviews([judged(0.5, { issues: [issue], alternatives: ['A map'] }), judged(0.6, { issues: [{ ...issue, text: 'names are long.' }, { ...issue, path: 'a.js' }], alternatives: ['a map'] })]);
  expect(outcome).toMatchObject({ review: { issues: [issue, { ...issue, path: 'a.js' }], alternatives: ['A map'] } });
});

describe('in a plan', () => {
  const list = (text: string): string => `${GOOD_PLAN}reviewers: ${text}\n`;
  const three = '[{model: a}, {model: b, deadline: 20s}, {name: other, model: a}]';

  test('each has the service\'s defaults where it says nothing', () => {
    const { plan } = goodPlan(list(three).replace('policy:', 'policy:\n  review: {majority: 3}'), { defaults: { reviewer: { deadlineMs: 5_000 } } });
    expect(plan.reviewers).toEqual([{ name: 'ollama', model: 'a', deadlineMs: 5_000 }, { name: 'ollama', model: 'b', deadlineMs: 20_000 }, { name: 'other', model: 'a', deadlineMs: 5_000 }]);
    expect(plan.reviewer).toEqual(plan.reviewers?.[0]);
    expect(plan.policy.review).toEqual({ majority: 3 });
    expect(goodPlan(GOOD_PLAN).plan).not.toHaveProperty('reviewers');
    expect(goodPlan(GOOD_PLAN).plan.policy).not.toHaveProperty('review');
  });

  test.each([
    ['one', '[{model: a}]', [], '12:12 reviewers: needs two or more; for one there is `reviewer`'],
    ['two alike', '[{model: a}, {model: a}]', [], '12:25 reviewers[1]: is a reviewer of the list already: asked twice, a model says the same (name another model)'],
    ['beside a single one', `${three}\nreviewer: {model: c}`, [], '13:1 reviewer: there is a list of reviewers too (put this one into `reviewers`)'],
    ['an unknown one', '[{name: olama, model: a}, {model: b}]', ['ollama'], '12:20 reviewers[0].name: there is no reviewer "olama" (did you mean "ollama"?)'],
  ])('%s is a mistake', (_, text, known, wanted) => {
    expect(mistakes(list(text), known.length > 0 ? { known: { reviewers: known } } : {})).toEqual([wanted]);
  });

  test.each([
    ['no majority', 1, 'a majority of 3 reviewers is between 2 and 3'], ['more than there are', 4, 'a majority of 3 reviewers is between 2 and 3'],
  ])('%s is a mistake', (_, majority, wanted) => {
    expect(mistakes(list(three).replace('policy:', `policy:\n  review: {majority: ${majority}}`))).toEqual([expect.stringContaining(wanted)]);
  });

  test('a majority without a list is a mistake', () => {
    expect(mistakes(GOOD_PLAN.replace('policy:', 'policy:\n  review: {majority: 2}'))).toEqual([expect.stringContaining('there is one reviewer')]);
  });
});
