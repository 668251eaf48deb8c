/** The gate's answers in words: the agent reads them, and a person who wonders why it turned away. */
import type { GateVerdict } from '../gate-policy.ts';
import type { Rule } from './rule.ts';

const MAX_SHOWN = 200;

const shown = (tool: string, detail: string): string => (detail === '' ? tool : `${tool}(${cut(detail)})`);

const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

export const allow = (rule: string): GateVerdict => ({ decision: 'allow', rule });

export const denyRule = (rule: Rule, detail: string): GateVerdict => ({
  decision: 'deny', rule: rule.text,
  message: `Denied by the rule ${rule.text} in policy.permissions.deny of the plan (${cut(detail)}). Find another way; do not try to get around it.`,
});

export const denyAsk = (rule: Rule, detail: string): GateVerdict => ({
  decision: 'deny', rule: rule.text,
  message:
    `The rule ${rule.text} in policy.permissions.ask of the plan asks a person; breakpoints for permissions come later: ` +
    `until then it is denied (${cut(detail)}). Go on without it and say at the end what is left for a person to do.`,
});

export const denyDefault = (tool: string, detail: string): GateVerdict => ({
  decision: 'deny', rule: 'default',
  message:
    `No rule of the plan allows ${shown(tool, detail)}. A person can add one to policy.permissions.allow in the plan. ` +
    'Go on without it, with the tools that are allowed.',
});

export const denyOutside = (tool: string, path: string): GateVerdict => ({
  decision: 'deny', rule: 'default: outside the workspace',
  message:
    `${shown(tool, path)} is outside the workspace. Only an absolute rule in policy.permissions.allow of the plan allows that, ` +
    `for example ${tool}(/${cut(path)}).`,
});

export const denyGitFolder = (tool: string, path: string): GateVerdict => ({
  decision: 'deny', rule: 'default: .git',
  message: `${shown(tool, path)} is inside a .git folder, where a file can run code later. Only a rule in policy.permissions.allow that names .git allows that.`,
});

export const denyUnreadable = (command: string, why: string): GateVerdict => ({
  decision: 'deny', rule: 'default: unreadable',
  message:
    `The command ${cut(command)} contains ${cut(why)}, so what it would do cannot be told from its text. ` +
    'Write plain commands with their arguments spelled out, one call each, and use the Write tool to make files. Rules: policy.permissions in the plan.',
});

export const denyBadRule = (text: string): GateVerdict => ({
  decision: 'deny', rule: text,
  message: `"${cut(text)}" in policy.permissions of the plan is not a rule that can be read, so everything is denied until a person corrects it.`,
});

export const denyInput = (tool: string, why: string): GateVerdict => ({
  decision: 'deny', rule: 'default: input', message: `${tool} was called with input the gate cannot judge: ${why}. Rules: policy.permissions in the plan.`,
});
