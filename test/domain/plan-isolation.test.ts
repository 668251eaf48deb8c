/** What a plan says of worktrees, and what it may not say. */
import { expect, test } from '@jest/globals';
import { hasWorktrees, worktreeBranch, worktreePath } from '../../src/domain/isolation.ts';
import { hasMarkers } from '../../src/domain/merge-markers.ts';
import { goodPlan, GOOD_PLAN, mistakes } from '../support/plans.ts';

const isolated = GOOD_PLAN.replace('{id: ascii, ', '{id: ascii, isolation: worktree, ');

test('a plan without worktrees has nothing of them: its hash stays what it was', () => {
  const { plan } = goodPlan(GOOD_PLAN.replace('{id: ascii, ', '{id: ascii, isolation: none, '));
  expect(plan).not.toHaveProperty('isolation');
  expect(plan).toEqual(goodPlan(GOOD_PLAN).plan);
});

test('what is not said is linked; where there is a setup, nothing is', () => {
  expect(goodPlan(isolated).plan).toMatchObject({ isolation: { link: ['**/node_modules'] }, milestones: [{ tasks: [{ id: 'ascii', isolation: 'worktree' }, { id: 'unicode' }] }] });
  const { isolation } = goodPlan(`${isolated}isolation: {setup: npm ci, setupTimeout: 3m, folder: /srv/trees}\n`).plan;
  expect(isolation).toEqual({ link: [], setup: { run: 'npm ci', timeoutMs: 180_000 }, folder: '/srv/trees' });
});

test.each([
  ['a task of a milestone that is isolated', isolated.replace('  - id: slugs\n', '  - {id: slugs, isolation: worktree, tasks: [{id: x, isolation: worktree, instructions: do}]}\n  - id: other\n'), 'its milestone works in a worktree already'],
  ['a relative folder', `${isolated}isolation: {folder: trees}\n`, 'must be an absolute path'],
  ['a link out of the workspace', `${isolated}isolation: {link: ["../x"]}\n`, 'not lead out of it'],
])('%s is refused', (_, text, message) => {
  expect(mistakes(text)).toEqual([expect.stringContaining(message)]);
});

test('settings are kept where only forks use them', () => {
  const { plan, warnings } = goodPlan(`${GOOD_PLAN}isolation: {setup: npm ci}\n`);
  expect({ isolation: plan.isolation, warnings }).toEqual({ isolation: { link: [], setup: { run: 'npm ci', timeoutMs: 600_000 } }, warnings: [] });
  expect([GOOD_PLAN, isolated, GOOD_PLAN.replace('  - id: slugs\n', '  - id: slugs\n    isolation: worktree\n')].map((text) => hasWorktrees(goodPlan(text).plan))).toEqual([false, true, true]);
});

test('no two runs and no two tasks share a worktree or a branch, and its name fits into a folder', () => {
  const name = { project: 'p', milestone: 'm', task: 't', epoch: 3 };
  expect(worktreePath('/srv/code', undefined, name)).toBe('/srv/code.p.m.t.3');
  expect(worktreePath('/srv/code', '/mnt', { ...name, task: null })).toBe('/mnt/code.p.m.3');
  expect(worktreeBranch(name)).toBe('holdpoint/p.m.t.3');
  const id = 'x'.repeat(63);
  expect(worktreePath(`/srv/${'c'.repeat(200)}`, undefined, { project: id, milestone: id, task: id, epoch: 1234 }).length - '/srv/'.length).toBeLessThan(255);
});

test('markers are known by the names of both sides, and nothing else is taken for one', () => {
  expect(hasMarkers('a\n<<<<<<< in-the-worktree\nb\n')).toBe(true);
  expect(hasMarkers('a\r\n>>>>>>> in-the-workspace\r\n')).toBe(true);
  expect(hasMarkers('<<<<<<< HEAD\n=======\n>>>>>>> main\n')).toBe(false);
  expect(hasMarkers(' <<<<<<< in-the-worktree')).toBe(false);
});
