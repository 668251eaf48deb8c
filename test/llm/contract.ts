/** What every reviewer must do, whatever its model says. Each reviewer's test calls it with servers that behave in the ways named here. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Review, ReviewRequest, Reviewer } from '../../src/domain/review.ts';

export type Behaviour =
  | { kind: 'answers'; texts: string[] }
  | { kind: 'silent' }
  | { kind: 'broken' }
  | { kind: 'down' }
  | { kind: 'noModel' };

export interface Subject {
  reviewer: Reviewer;
  /** Requests for a review that have arrived. */
  asked: () => number;
  close: () => Promise<void>;
}

export const GOOD: Review = {
  requirementsMet: [{ requirement: 'npm test passes', met: true }],
  issues: [{ severity: 'minor', text: 'A name is long.', path: 'src/slug.js' }],
  alternatives: [], quality: 0.9, confidence: 0.8,
};

export const request = (more: Partial<ReviewRequest> = {}): ReviewRequest =>
  ({ system: 'You review.', prompt: 'Review this.', promptHash: 'hash', deadlineMs: 20_000, ...more });

const never = new AbortController().signal;
const good = JSON.stringify(GOOD);
const outOfRange = JSON.stringify({ ...GOOD, quality: 2 });

export function reviewerContract(name: string, start: (behaviour: Behaviour) => Promise<Subject>): void {
  describe(`the contract of reviewers: ${name}`, () => {
    let subject: Subject | undefined;
    afterEach(() => subject?.close());

    const begin = async (behaviour: Behaviour): Promise<Subject> => (subject = await start(behaviour));

    test('a review in the agreed shape is handed on with where it comes from', async () => {
      const { reviewer } = await begin({ kind: 'answers', texts: [good] });
      expect(await reviewer.review(request(), never)).toEqual({
        kind: 'reviewed', review: GOOD, model: reviewer.model, promptHash: 'hash', durationMs: expect.any(Number), tries: 1,
      });
    });

    test.each([
      ['no JSON', 'I think it is fine.'], ['another shape', '{"quality":0.9}'], ['a number out of range', outOfRange], ['nothing', ''],
    ])('rubbish is asked for again: %s', async (_name, rubbish) => {
      const { reviewer, asked } = await begin({ kind: 'answers', texts: [rubbish, rubbish, good] });
      expect(await reviewer.review(request(), never)).toMatchObject({ kind: 'reviewed', review: GOOD, tries: 3 });
      expect(asked()).toBe(3);
    });

    test('rubbish three times is no review', async () => {
      const { reviewer, asked } = await begin({ kind: 'answers', texts: [outOfRange] });
      expect(await reviewer.review(request(), never)).toMatchObject({ kind: 'unavailable', reason: 'rubbish', model: reviewer.model, tries: 3 });
      expect(asked()).toBe(3);
    });

    test('one deadline holds for all tries', async () => {
      const { reviewer } = await begin({ kind: 'silent' });
      expect(await reviewer.review(request({ deadlineMs: 100 }), never)).toMatchObject({ kind: 'unavailable', reason: 'deadline', message: expect.stringContaining('100 ms') as unknown });
    });

    test('a missing model says how to get it', async () => {
      const { reviewer } = await begin({ kind: 'noModel' });
      expect(await reviewer.review(request(), never)).toMatchObject({
        kind: 'unavailable', reason: 'model_missing', message: expect.stringContaining(`pull ${reviewer.model}`) as unknown, tries: 1,
      });
    });

    test.each(['down', 'broken'] as const)('a server that is %s is unreachable', async (kind) => {
      const { reviewer } = await begin({ kind });
      expect(await reviewer.review(request(), never)).toMatchObject({ kind: 'unavailable', reason: 'unreachable', tries: 1 });
    });

    test('a cancelled caller gets no outcome', async () => {
      const { reviewer } = await begin({ kind: 'silent' });
      await expect(reviewer.review(request(), AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
    });

    test('probe: reachable with the model, without it, not reachable', async () => {
      const withModel = await begin({ kind: 'answers', texts: [good] });
      expect(await withModel.reviewer.probe(never)).toMatchObject({ reachable: true, modelPresent: true, version: expect.any(String) });
      await withModel.close();
      const without = await begin({ kind: 'noModel' });
      expect(await without.reviewer.probe(never)).toMatchObject({ reachable: true, modelPresent: false, cure: expect.stringContaining('pull') as unknown });
      await without.close();
      const { reviewer } = await begin({ kind: 'down' });
      expect(await reviewer.probe(never)).toMatchObject({ reachable: false, modelPresent: false, version: null, cure: expect.any(String) });
    });
  });
}
