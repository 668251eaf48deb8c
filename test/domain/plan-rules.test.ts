/** Rules and thresholds of a plan: what becomes of them, and each mistake at its place inside the expression. */
import { describe, expect, test } from '@jest/globals';
import { parsePlan, type PlanResult } from '../../src/domain/plan-schema.ts';

const BASE = `project: p
workspace: {host: local, path: /srv/p}
checks: [{name: test, run: npm test}]
policy: {permissions: {allow: ["Edit(src/**)"]}%POLICY%}
milestones: [{id: m, tasks: [{id: t, instructions: do it, acceptance: [done]%TASK%}]}]
`;

const parse = (rules: string, policy = '', task = ''): PlanResult => parsePlan({
  file: '/srv/p/holdpoint.yaml', text: `${BASE.replace('%POLICY%', policy).replace('%TASK%', task)}${rules}`, readFile: () => null,
});
const errorsOf = (result: PlanResult) => (result.ok ? [] : result.errors.map(({ line, column, path, message, suggestion }) => ({ at: `${line}:${column}`, path, message, ...(suggestion && { suggestion }) })));

test('rules, thresholds and design tasks are in the plan as they were written', () => {
  const result = parse(
    "rules:\n  - {name: migrations, when: 'changes.paths.exists(p, p.startsWith(\"db/\"))', then: ask, breakpoint: architecture_decision, message: Look}\n  - {name: large, when: changes.files > 50, then: retry}\n",
    ', thresholds: {conflict: 0.4}', ', design: true',
  );
  expect(result).toMatchObject({ ok: true, plan: {
    rules: [
      { name: 'migrations', when: 'changes.paths.exists(p, p.startsWith("db/"))', then: 'ask', breakpoint: 'architecture_decision', message: 'Look' },
      { name: 'large', when: 'changes.files > 50', then: 'retry' },
    ],
    policy: { thresholds: { confidence: 0.3, clarify: 0.5, conflict: 0.4, design: 0.9 } },
    milestones: [{ tasks: [{ id: 't', design: true }] }],
  } });
});

test('a plan without them has none: its hash stays what it was', () => {
  const result = parse('');
  if (!result.ok) throw new Error('it is a good plan');
  expect(Object.keys(result.plan)).not.toContain('rules');
  expect(Object.keys(result.plan.policy)).not.toContain('thresholds');
  expect(result.plan.milestones[0]?.tasks[0]).not.toHaveProperty('design');
});

describe('a mistake is told at its place inside the expression', () => {
  // Each expression has its mistake at the word `fils`.
  test.each([
    ['plain', 'rules:\n  - name: a\n    then: ask\n    when: changes.fils > 1\n', '9:19'],
    ['single quotes', "rules: [{name: a, then: ask, when: 'true && changes.fils > 1'}]\n", '6:53'],
    ['double quotes', 'rules: [{name: a, then: ask, when: "true && changes.fils > 1"}]\n', '6:53'],
    ['a block', 'rules:\n  - name: a\n    then: ask\n    when: |\n      true &&\n        changes.fils > 1\n', '11:17'],
    ['a block without an end', 'rules:\n  - name: a\n    then: ask\n    when: |-\n      true &&\n      changes.fils > 1', '11:15'],
    ['escapes: the beginning of the text', 'rules: [{name: a, then: ask, when: "\\"x\\" == \\"y\\" || changes.fils > 1"}]\n', '6:36'],
  ])('%s', (_, rules, at) => {
    expect(errorsOf(parse(rules))).toEqual([{ at, path: 'rules[0].when', message: 'no such key: fils' }]);
  });
});

test.each([
  ['not a yes or no', 'rules: [{name: a, then: ask, when: quality}]\n', { at: '6:36', path: 'rules[0].when', message: 'is of type double, must be bool' }],
  ['an unknown name', 'rules: [{name: a, then: ask, when: qualty < 0.5}]\n', { at: '6:36', path: 'rules[0].when', message: 'unknown variable: qualty', suggestion: 'did you mean "quality"?' }],
  ['proceed', 'rules: [{name: a, then: proceed, when: "true"}]\n', { at: '6:25', path: 'rules[0].then', message: 'must be stop, ask or retry' }],
  ['a kind that is not about work', 'rules: [{name: a, then: ask, breakpoint: stalled, when: "true"}]\n', { at: '6:42', path: 'rules[0].breakpoint', message: 'must be confidence_too_low, architecture_decision, conflicting_solutions, consecutive_failures or breaking_test_failure' }],
  ['the same name twice', 'rules: [{name: a, then: ask, when: "true"}, {name: a, then: stop, when: "true"}]\n', { at: '6:52', path: 'rules[1].name', message: 'there is a rule "a" already' }],
  ['a pattern', 'rules: [{name: a, then: ask, when: task.id.matches("x")}]\n', { at: '6:36', path: 'rules[0].when', message: 'matches() is not offered', suggestion: 'use contains, startsWith or endsWith' }],
])('refused: %s', (_, rules, mistake) => {
  expect(errorsOf(parse(rules))).toEqual([mistake]);
});

test('a question that the plan switches off cannot be asked by a rule', () => {
  const off = ', breakpoints: {confidence_too_low: {enabled: false}}';
  expect(errorsOf(parse('rules: [{name: a, then: ask, when: "true"}]\n', off))).toEqual([{
    at: '6:9', path: 'rules[0]', message: 'asks confidence_too_low, which policy.breakpoints switches off',
    suggestion: 'name another kind, such as architecture_decision, or use stop',
  }]);
  expect(errorsOf(parse('rules: [{name: a, then: stop, when: "true"}]\n', off))).toEqual([]);
});

test('thresholds are between 0 and 1; one over the gate is warned of', () => {
  expect(errorsOf(parse('', ', thresholds: {confidence: 1.5}'))).toMatchObject([{ path: 'policy.thresholds.confidence', message: 'must be between 0 and 1' }]);
  const { warnings } = parse('', ', thresholds: {clarify: 0.8}');
  expect(warnings.map(({ message }) => message)).toContain('0.8 is over the gate 0.7: no turn is ever clarified');
});
