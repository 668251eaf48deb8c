/** What is allowed in a plan but likely not meant. Warnings never stop anything. */
import { LATER_KINDS } from '../breakpoints.ts';
import { didYouMean } from '../did-you-mean.ts';
import { parseRule } from '../gate/rule.ts';
import type { CheckSpec, Plan, TaskPlan } from '../plan.ts';
import type { Mistake } from '../yaml-source.ts';
import type { PlanFile } from './file.ts';
import { limitWarnings } from './limits.ts';

const LOW_GATE = 0.5;
const TOOLS = [
  'Bash', 'Read', 'Edit', 'Write', 'MultiEdit', 'NotebookEdit', 'NotebookRead', 'Glob', 'Grep', 'LS', 'WebFetch', 'WebSearch', 'Task',
  'Agent', 'TodoWrite', 'Skill', 'AskUserQuestion', 'ExitPlanMode', 'BashOutput', 'KillShell',
];

export function planWarnings(plan: Plan, file: PlanFile): Mistake[] {
  const ofPlan = [evidenceWarnings, acceptanceWarnings, gateWarnings, permissionWarnings].flatMap((warn) => warn(plan));
  return [...ofPlan, ...breakpointWarnings(file), ...limitWarnings(file)];
}

function evidenceWarnings(plan: Plan): Mistake[] {
  if (plan.checks.length === 0) {
    return [{
      path: ['checks'], message: 'there are no checks: nothing but the reviewer tells good work from bad',
      suggestion: 'name the command that runs the tests',
    }];
  }
  const required = plan.checks.filter((check) => check.required);
  return eachTask(plan, ({ id }) =>
    (required.some((check) => holdsFor(check, id)) ? undefined : `no required check holds for task "${id}"`));
}

const holdsFor = (check: CheckSpec, task: string): boolean => check.tasks === null || check.tasks.includes(task);

const acceptanceWarnings = (plan: Plan): Mistake[] =>
  eachTask(plan, ({ id, acceptance }) =>
    (acceptance.length > 0 ? undefined : `task "${id}" has no acceptance criteria: the reviewer can only guess`));

function eachTask(plan: Plan, warn: (task: TaskPlan) => string | undefined): Mistake[] {
  return plan.milestones.flatMap(({ tasks }, m) => tasks.flatMap((task, t) => {
    const message = warn(task);
    return message === undefined ? [] : [{ path: ['milestones', m, 'tasks', t], message }];
  }));
}

function gateWarnings({ policy }: Plan): Mistake[] {
  const low = policy.gate < LOW_GATE ? [{ path: ['policy', 'gate'], message: `a gate of ${policy.gate} accepts poor work; 0.7 is usual` }] : [];
  const clarify = policy.thresholds?.clarify ?? 0;
  if (clarify <= policy.gate) return low;
  return [...low, { path: ['policy', 'thresholds', 'clarify'], message: `${clarify} is over the gate ${policy.gate}: no turn is ever clarified` }];
}

function permissionWarnings({ policy: { permissions } }: Plan): Mistake[] {
  const path = ['policy', 'permissions'];
  const strange = (['allow', 'ask', 'deny'] as const).flatMap((list) => strangeTools(permissions[list], [...path, list]));
  if (permissions.allow.length === 0) return [{ path, message: 'nothing is allowed: the agent can only read the workspace' }, ...strange];
  const wide = permissions.allow.flatMap((text, n) =>
    (allowsEveryCommand(text) ? [{ path: [...path, 'allow', n], message: `${text} allows every command, wherever it reaches` }] : []));
  return [...wide, ...strange];
}

function allowsEveryCommand(text: string): boolean {
  const rule = parseRule(text);
  return rule?.tool === 'Bash' && (rule.pattern === null || /^[*:\s]+$/.test(rule.pattern));
}

const strangeTools = (rules: readonly string[], path: string[]): Mistake[] =>
  rules.flatMap((text, n) => {
    const tool = parseRule(text)?.tool ?? '';
    if (TOOLS.includes(tool) || tool.startsWith('mcp__')) return [];
    const suggestion = didYouMean(tool, TOOLS);
    return [{ path: [...path, n], message: `"${tool}" is no tool known here`, ...(suggestion && { suggestion }) }];
  });

function breakpointWarnings({ policy }: PlanFile): Mistake[] {
  const later: readonly string[] = LATER_KINDS;
  return Object.keys(policy.breakpoints).filter((kind) => later.includes(kind)).map((kind) => (
    { path: ['policy', 'breakpoints', kind], atKey: true, message: `${kind} is not raised by this version: the setting has no effect yet` }));
}
