/** What a list of reviewers must keep to beside its shape: either it or the one, no two alike, a majority that is one. */
import { defaultMajority } from '../review-majority.ts';
import type { Mistake } from '../yaml-source.ts';
import { entries, field } from './raw.ts';

export function reviewerMistakes(raw: unknown): Mistake[] {
  const list = entries(field(raw, 'reviewers'));
  const both = list.length > 0 && field(raw, 'reviewer') !== undefined;
  return [
    ...(both ? [{ path: ['reviewer'], atKey: true, message: 'there is a list of reviewers too', suggestion: 'put this one into `reviewers`' }] : []),
    ...alike(list), ...majorityMistakes(field(raw, 'policy', 'review', 'majority'), list.length),
  ];
}

/** The same model says the same at temperature 0. */
function alike(list: [unknown, number][]): Mistake[] {
  const keyOf = (one: unknown): string => JSON.stringify([field(one, 'name') ?? null, field(one, 'model') ?? null]);
  return list.filter(([one], n) => list.findIndex(([other]) => keyOf(other) === keyOf(one)) < n)
    .map(([, n]) => ({ path: ['reviewers', n], message: 'is a reviewer of the list already: asked twice, a model says the same', suggestion: 'name another model' }));
}

function majorityMistakes(majority: unknown, reviewers: number): Mistake[] {
  const path = ['policy', 'review', 'majority'];
  if (typeof majority !== 'number') return [];
  if (reviewers === 0) return majority === 1 ? [] : [{ path, message: 'there is one reviewer', suggestion: 'name several in `reviewers`' }];
  const least = defaultMajority(reviewers);
  if (majority >= least && majority <= reviewers) return [];
  return [{ path, message: `a majority of ${reviewers} reviewers is between ${least} and ${reviewers}` }];
}
