/** The part of rule 1 for a turn that waits for a person in the middle of a tool call. Package-free. */
import { kindOfCall, questionText, toCallDetail } from '../asked-question.ts';
import type { Deferred } from '../turn-outcome.ts';
import type { Rule } from './rule.ts';
import { holdFor } from './verdict.ts';

export const DEFERRED_RULE: Rule = {
  name: 'deferred', design: 1,
  when: ({ outcome }) => outcome.kind === 'deferred',
  decide: ({ outcome }) => {
    const call: Deferred = outcome.kind === 'deferred' ? outcome : { kind: 'deferred', toolUseId: '', tool: '?', input: null };
    const detail = toCallDetail(call);
    // Nothing was tried and nothing failed: the same turn goes on with the answer.
    return { ...holdFor(kindOfCall(call), questionText(detail)), detail: { ...detail } };
  },
};
