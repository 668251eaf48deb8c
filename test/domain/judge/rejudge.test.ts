/** A past turn judged otherwise; what nearly decided. */
import { describe, expect, test } from '@jest/globals';
import { nearRules } from '../../../src/domain/explain.ts';
import { judge, type JudgeFacts } from '../../../src/domain/judge.ts';
import { parseRules } from '../../../src/domain/plan-schema/rules-file.ts';
import { rejudge, type Stored } from '../../../src/domain/rejudge.ts';
import { seededRandom } from '../../support/random.ts';
import { good, randomFacts, redCheck, reviewed } from './sample-facts.ts';

function stored(facts: JudgeFacts): Stored {
  const { decision, rule, scores } = judge(facts);
  return { decision: decision.kind, breakpoint: 'breakpoint' in decision ? decision.breakpoint : null, rule, scores, facts };
}

const fine = stored(good({ evidence: [], review: reviewed({ quality: 0.75, requirementsMet: [] }) }));

describe('judged again', () => {
  test.each([
    ['a higher gate', { gate: 0.8 }, { decision: 'clarify', rule: 'clarify' }],
    ['other thresholds', { gate: 0.8, thresholds: { clarify: 0.79 } }, { decision: 'retry', rule: 'quality_low_retry' }],
    ['a rule', { rules: [{ name: 'few', when: 'changes.files < 3', then: 'ask' as const }] }, { decision: 'breakpoint', breakpoint: 'confidence_too_low', rule: 'custom:few' }],
    ['a rule about paths', { paths: ['a.sql'], rules: [{ name: 'sql', when: 'changes.paths.exists(p, p.endsWith(".sql"))', then: 'stop' as const }] }, { decision: 'stop', rule: 'custom:sql' }],
    ['a rule about paths that nobody knows', { rules: [{ name: 'sql', when: 'changes.paths.size() > 0', then: 'stop' as const }] }, { decision: 'breakpoint', rule: 'custom:sql' }],
    ['another review', { review: reviewed({ quality: 0.2, requirementsMet: [] }) }, { decision: 'retry', rule: 'quality_low_retry', quality: 0.2 }],
  ])('%s', (_, otherwise, after) => {
    expect(rejudge(fine, otherwise)).toMatchObject({ differs: true, before: { decision: 'proceed', rule: 'quality_reached', quality: 0.75 }, after });
  });

  test('by what it was judged by, it is the same, whatever the facts', () => {
    const random = seededRandom(5);
    for (let n = 0; n < 1_000; n += 1) {
      const facts = randomFacts(random);
      const again = rejudge(stored(JSON.parse(JSON.stringify(facts)) as JudgeFacts), {});
      if (again.differs) expect({ facts, again }).toBe('the same');
    }
  });

  test('no gate and no rule lets a red check through', () => {
    const red = stored(good({ evidence: [redCheck()] }));
    expect(rejudge(red, { gate: 0, rules: [], review: reviewed({ quality: 1, confidence: 1 }) })).toMatchObject({ differs: false, after: { rule: 'check_failed_retry' } });
  });
});

describe('rules that nearly matched', () => {
  test('each with what was missing', () => {
    const near = nearRules(good({ evidence: [], review: reviewed({ quality: 0.6, requirementsMet: [] }), task: { id: 'a', design: false } }));
    expect(near).toContainEqual({ rule: 'architecture_decision', decision: 'breakpoint architecture_decision', missing: ['design: true of the task'] });
    expect(near).toContainEqual({ rule: 'quality_reached', decision: 'proceed', missing: ['a review quality of 0.70 or more', 'policy.gate of 0.60 or less'] });
    expect(near).toContainEqual({ rule: 'quality_low_retry', decision: 'retry', missing: ['a review quality of 0.49 or less', 'policy.thresholds.clarify of 0.61 or more'] });
  });

  test('another rule with the same decision is one of them', () => {
    const near = nearRules(good({ evidence: [redCheck()], attemptsLeft: 0 }));
    expect(near.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['check_failed_retry', 'quality_reached']));
    expect(near.map(({ rule }) => rule)).not.toContain('check_failed_final');
  });
});

describe('a file of rules', () => {
  test('holds rules and thresholds in the words of a plan', () => {
    expect(parseRules('thresholds: {clarify: 0.6}\nrules: [{name: a, when: quality < 0.9, then: ask}]\n')).toEqual({
      ok: true, thresholds: { clarify: 0.6 }, rules: [{ name: 'a', when: 'quality < 0.9', then: 'ask' }],
    });
  });

  test.each([
    ['rules: [{name: a, when: qualty < 1, then: ask}]\n', [{ line: 1, column: 25, path: 'rules[0].when', message: 'unknown variable: qualty' }]],
    ['gate: 0.8\n', [{ line: 1, column: 1, message: 'unknown key "gate"' }]],
    ['', [{ line: 1, message: 'the file is empty' }]],
  ])('%#: mistakes have a place', (text, errors) => {
    expect(parseRules(text)).toMatchObject({ ok: false, errors });
  });
});
