/** Plans of the benchmark: one milestone that is worked on, and any number that wait. */
import type { Plan } from '../../src/domain/plan.ts';

export const HOST = 'local';
export const TASKS = 5;
export const SHA = 'b13'.padEnd(64, '0');

const task = (id: string): Plan['milestones'][number]['tasks'][number] =>
  ({ id, title: `Task ${id}`, instructions: 'Do it well.', acceptance: ['it is done'], dependsOn: [], priority: 5, deadline: null });

const milestone = (id: string, tasks: number): Plan['milestones'][number] =>
  ({ id, title: `Milestone ${id}`, dependsOn: [], tasks: Array.from({ length: tasks }, (_, n) => task(`t${n + 1}`)) });

/** `work` with TASKS tasks, and `waiting` more of one task each. */
export const planOf = (project: string, waiting: number): Plan => ({
  project,
  workspace: { host: HOST, path: `/srv/${project}` },
  agent: { name: 'claude-code', model: null, auth: { kind: 'login' }, maxTurns: 12, attempts: 3, budgetUsd: null, instructions: null, mcp: {}, timeoutMs: 60_000 },
  reviewer: { name: 'ollama', model: 'tiny', deadlineMs: 60_000 },
  checks: [],
  budget: { task: 1_000, milestone: 10_000, project: 100_000, warnAt: 0.8 },
  policy: {
    gate: 0.7, permissions: { allow: [], ask: [], deny: [] }, breakpoints: {}, withoutReviewer: 'ask', hostPatienceMs: 60_000,
    snapshot: { exclude: [], maxFileBytes: 1_000_000 },
  },
  milestones: [milestone('work', TASKS), ...Array.from({ length: waiting }, (_, n) => milestone(`w${n + 1}`, 1))],
});
