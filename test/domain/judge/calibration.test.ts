/** What counts as right and wrong, how confidence is held against it, and what it takes from the next turn. */
import { describe, expect, test } from '@jest/globals';
import { calibrationOf, MAX_PAST_DOUBT, MIN_SAMPLES, pastDoubt, pastOf, samplesOf, type JudgedTurn, type Sample } from '../../../src/domain/calibration.ts';
import { judge } from '../../../src/domain/judge.ts';
import { seededRandom } from '../../support/random.ts';
import { good } from './sample-facts.ts';

const turn = (task: string, number: number, change: Partial<JudgedTurn> = {}): JudgedTurn => ({
  milestone: 'm', epoch: 1, task, turn: number, decision: 'proceed', confidence: 0.8, completed: true, answers: [],
  checks: [{ name: 'test', outcome: 'pass', met: true }], ...change,
});
const checks = (outcome: JudgedTurn['checks'][number]['outcome'], name = 'late') => [{ name, outcome, met: outcome === 'pass' }];
const asked = { decision: 'breakpoint' } as const;

describe('the truth about a turn', () => {
  test.each<[string, JudgedTurn[], (string | undefined)[]]>([
    ['went on, and the milestone was completed', [turn('a', 1)], ['stood']],
    ['went on, and the milestone runs', [turn('a', 1, { completed: false })], []],
    ['was sent back, then went on', [turn('a', 1, { decision: 'retry' }), turn('a', 2)], ['stood']],
    ['went on, and was opened again', [turn('a', 1), turn('b', 1), turn('a', 2)], ['reopened', 'stood', 'stood']],
    ['was approved', [turn('a', 1, { ...asked, answers: ['approve'], completed: false })], ['approved']],
    ['was approved, and opened again', [turn('a', 1, { ...asked, answers: ['approve'] }), turn('a', 2)], ['reopened', 'stood']],
    ['was asked about, and revised', [turn('a', 1, { ...asked, answers: ['revise'] }), turn('a', 2)], ['rejected', 'stood']],
    ['was asked about, and tried again, skipped, given up', (['retry', 'skip', 'abort'] as const).map((answer, n) => turn(`t${n}`, 1, { ...asked, answers: [answer] })), ['rejected', 'rejected', 'rejected']],
    ['was asked about twice: the last answer', [turn('a', 1, { ...asked, answers: ['retry', 'approve'] })], ['approved']],
    ['waits for an answer', [turn('a', 1, asked)], []],
    ['a check it had not run newly fails afterwards', [turn('a', 1), turn('b', 1, { checks: checks('newlyFailing'), decision: 'retry' })], ['check_failed']],
    ['a check it had not run passes first, and fails later', [turn('a', 1), turn('b', 1, { checks: checks('pass') }), turn('c', 1, { checks: checks('newlyFailing') })], ['stood', 'stood', 'stood']],
    ['a check it had passed fails afterwards: the fault of another', [turn('a', 1), turn('b', 1, { checks: checks('newlyFailing', 'test'), decision: 'retry' })], ['stood']],
    ['a check that was flaky fails afterwards', [turn('a', 1, { checks: checks('flaky', 'test') }), turn('b', 1, { checks: checks('timeout', 'test'), decision: 'retry' })], ['check_failed']],
    ['a check that was skipped says nothing', [turn('a', 1), turn('b', 1, { checks: [...checks('skipped'), ...checks('skipped', 'other')], decision: 'retry' })], ['stood']],
    ['another run of the milestone says nothing', [turn('a', 1), turn('a', 1, { epoch: 2, decision: 'retry' })], ['stood']],
    ['without a confidence', [turn('a', 1, { confidence: null })], []],
  ])('%s', (_, turns, expected) => {
    expect(samplesOf(turns).map(({ why }) => why)).toEqual(expected);
  });
});

const sample = (confidence: number, right: boolean): Sample => ({ confidence, right, why: right ? 'stood' : 'reopened' });

describe('confidence against truth', () => {
  test('means, bins and the Brier score', () => {
    const found = calibrationOf([sample(0.9, true), sample(1, true), sample(0.8, false), sample(0.1, false), sample(0.2, true)]);
    expect(found).toMatchObject({ samples: 5, predicted: 0.6, observed: 0.6, why: { stood: 3, reopened: 2, approved: 0 } });
    expect(found.brier).toBeCloseTo((0.01 + 0 + 0.64 + 0.01 + 0.64) / 5, 4);
    expect(found.bins.map(({ from, samples, predicted, observed }) => [from, samples, predicted, observed])).toEqual([
      [0, 1, 0.1, 0], [0.2, 1, 0.2, 1], [0.4, 0, null, null], [0.6, 0, null, null], [0.8, 3, 0.9, 0.6667],
    ]);
  });

  test('nothing is known of nothing', () => {
    expect(calibrationOf([])).toMatchObject({ samples: 0, predicted: null, observed: null, brier: null });
    expect(pastOf(calibrationOf([]))).toBeUndefined();
  });

  test('each sample is in exactly one bin', () => {
    const random = seededRandom(11);
    const samples = Array.from({ length: 2_000 }, () => sample(Math.round(random() * 10_000) / 10_000, random() < 0.5));
    expect(calibrationOf(samples).bins.reduce((sum, { samples: count }) => sum + count, 0)).toBe(2_000);
  });
});

describe('what the past takes from confidence', () => {
  const past = (samples: number, predicted: number, observed: number) => ({ samples, predicted, observed });
  test.each([
    ['too few turns', past(MIN_SAMPLES - 1, 0.9, 0), 0],
    ['enough turns', past(MIN_SAMPLES, 0.9, 0.8), 0.1],
    ['no more than the most', past(MIN_SAMPLES, 0.9, 0), MAX_PAST_DOUBT],
    ['exactly the most', past(MIN_SAMPLES, 0.9, 0.7), MAX_PAST_DOUBT],
    ['right as often as said', past(100, 0.8, 0.8), 0],
    ['right more often than said', past(100, 0.5, 1), 0],
    ['nothing known', undefined, 0],
  ])('%s', (_, known, expected) => {
    expect(pastDoubt(known)).toBe(expected);
  });

  test('it is a part of the heuristic, four tenths of the confidence', () => {
    const [without, doubted] = [judge(good()), judge(good({ past: past(50, 0.9, 0.4) }))];
    expect((without.scores.confidence ?? 0) - (doubted.scores.confidence ?? 0)).toBeCloseTo(0.4 * MAX_PAST_DOUBT, 6);
    expect(doubted.scores.quality).toBe(without.scores.quality);
  });
});
