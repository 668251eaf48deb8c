import { expect, test } from '@jest/globals';
import { planDifference, taskDifference } from '../../src/domain/plan-difference.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { goodPlan, GOOD_PLAN } from '../support/plans.ts';

const plan = (): Plan => structuredClone(goodPlan(GOOD_PLAN).plan);

/** A good plan with something different about it. */
function changed(how: (given: Plan) => void): Plan {
  const given = plan();
  how(given);
  return given;
}

const tasksOf = (given: Plan) => given.milestones[0]!.tasks;
const shown = (after: Plan): string[] => planDifference(plan(), after).map(({ what, kind, target, fields }) => [what, kind, target, ...fields].join(' '));

test.each<[string, (given: Plan) => void, string[]]>([
  ['nothing', () => undefined, []],
  ['a task that is new', (given) => tasksOf(given).push({ ...tasksOf(given)[0]!, id: 'emoji' }), ['task added slugs/emoji']],
  ['a task that is gone', (given) => tasksOf(given).pop(), ['task removed slugs/unicode']],
  ['a task with other words and another place in line', (given) => Object.assign(tasksOf(given)[1]!, { instructions: 'Else', priority: 9 }), ['task edited slugs/unicode instructions priority']],
  ['another order', (given) => tasksOf(given).reverse(), ['milestone reordered slugs']],
  ['a milestone that is new', (given) => given.milestones.push({ id: 'more', title: 'More', dependsOn: ['slugs'], tasks: [{ ...tasksOf(given)[0]!, id: 'x' }] }), ['milestone added more', 'task added more/x']],
  ['another title of a milestone', (given) => Object.assign(given.milestones[0]!, { title: 'All slugs' }), ['milestone edited slugs title']],
  ['a check that is new and one with another command', (given) => {
    given.checks.push({ ...given.checks[0]!, name: 'lint' });
    given.checks[0]!.run = 'npm run all';
  }, ['check added lint', 'check edited test run']],
  ['settings', (given) => {
    given.policy.gate = 0.9;
    given.workspace.path = '/srv/else';
    given.agent.model = 'opus';
  }, ['setting edited workspace.path', 'setting edited agent.model', 'setting edited policy.gate']],
])('%s', (_, how, expected) => {
  expect(shown(changed(how))).toEqual(expected);
});

test('the order of keys is no difference: a database keeps its own', () => {
  const { project, workspace, agent, reviewer, checks, policy, milestones } = plan();
  const { permissions: { allow, ask, deny, ...others }, ...rest } = policy;
  expect(planDifference(plan(), { milestones, policy: { ...rest, permissions: { deny, ask, allow, ...others } }, checks, reviewer, agent, workspace, project })).toEqual([]);
});

test('settings say from what to what; what does not fit on a line is only named', () => {
  const after = changed((given) => {
    given.policy.gate = 0.9;
    given.agent.instructions = 'x'.repeat(1_000);
  });
  const changes = planDifference(plan(), after);
  expect(changes.find(({ target }) => target === 'policy.gate')).toMatchObject({ before: '0.7', after: '0.9' });
  expect(changes.find(({ target }) => target === 'agent.instructions')).not.toHaveProperty('after');
});

test('for the workflow a task is edited when its work is another, not when it stands elsewhere in line', () => {
  const milestone = (how: (given: Plan) => void) => changed(how).milestones[0]!;
  const before = plan().milestones[0]!;
  const beside = milestone((given) => Object.assign(tasksOf(given)[0]!, { title: 'T', priority: 1, deadline: '2030-01-01T00:00:00.000Z' }));
  expect(taskDifference(before, beside)).toEqual({ added: [], removed: [], edited: [] });
  const other = milestone((given) => {
    tasksOf(given)[0]!.acceptance = ['else'];
    tasksOf(given)[1] = { ...tasksOf(given)[1]!, id: 'emoji' };
  });
  expect(taskDifference(before, other)).toEqual({ added: ['emoji'], removed: ['unicode'], edited: ['ascii'] });
});
