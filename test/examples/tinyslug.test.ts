import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TINYSLUG_FIXES } from '../../src/demo/tinyslug-fixes.ts';
import { parsePlan } from '../../src/domain/plan-schema.ts';
import type { Plan } from '../../src/domain/plan.ts';

const PROJECT = join(import.meta.dirname, '../../examples/tinyslug');
let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'tinyslug-'));
  cpSync(PROJECT, copy, { recursive: true });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function loadPlan(): Plan {
  const file = join(PROJECT, 'holdpoint.yaml');
  const result = parsePlan({ file, text: readFileSync(file), readFile: (name) => readFileSync(join(PROJECT, name), 'utf8') });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  expect(result.warnings).toEqual([]);
  return result.plan;
}

/** Exit code of the command line in the copy, as a check runs it. */
const run = (command: string): Promise<number> =>
  new Promise((resolve) => {
    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: copy };
    const child = execFile('/bin/sh', ['-c', command], { cwd: copy, env }, () => resolve(child.exitCode ?? 1));
  });

/** Names of the checks that hold for the task and fail. */
async function failing(plan: Plan, task: string): Promise<string[]> {
  const held = plan.checks.filter(({ tasks }) => tasks === null || tasks.includes(task));
  const codes = await Promise.all(held.map((check) => run(check.run)));
  return held.filter((_, n) => codes[n] !== 0).map(({ name }) => name);
}

test('the plan is two milestones, three tasks and one dependency, without a warning', () => {
  const plan = loadPlan();
  expect(plan.milestones.map(({ id, dependsOn, tasks }) => ({ id, dependsOn, tasks: tasks.map((task) => [task.id,
    task.dependsOn]) }))).toEqual([
    { id: 'slugs', dependsOn: [], tasks: [['ascii', []], ['unicode', ['ascii']]] },
    { id: 'names', dependsOn: ['slugs'], tasks: [['unique', []]] },
  ]);
  expect(plan.agent.instructions).toContain('src/slug.js');
});

describe('each task fails before and after the wrong fix, and passes after the right one', () => {
  test.each(['ascii', 'unicode', 'unique'] as const)('%s', async (task) => {
    const plan = loadPlan();
    expect(await failing(plan, task)).toEqual([`test-${task}`]);
    for (const fix of ['wrong', 'right'] as const) {
      writeFileSync(join(copy, 'src/slug.js'), TINYSLUG_FIXES[task][fix]);
      expect(await failing(plan, task)).toEqual(fix === 'wrong' ? [`test-${task}`] : []);
    }
  });

  test('then everything passes', async () => expect(await run('npm test')).toBe(0));
});
