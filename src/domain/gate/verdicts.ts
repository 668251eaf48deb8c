/** The gate's answers in words: the agent reads them, and a person who is asked or wonders why it turned away. */
import type { GateVerdict } from '../gate-policy.ts';
import type { Rule } from './rule.ts';

const MAX_SHOWN = 200;

/** In place of a rule. */
export const UNREADABLE = 'default: unreadable';

const shown = (tool: string, detail: string): string => (detail === '' ? tool : `${tool}(${cut(detail)})`);

const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

export const allow = (rule: string): GateVerdict => ({ decision: 'allow', rule });

export const denyRule = (rule: Rule, detail: string): GateVerdict => ({
  decision: 'deny', rule: rule.text,
  message: `Denied by the rule ${rule.text} in policy.permissions.deny of the plan (${cut(detail)}). Find another way; do not try to get around it.`,
});

/** `grants`: rules that would allow exactly this part. */
export const askRule = (rule: Rule, part: string, grants: string[]): GateVerdict => ({
  decision: 'defer', rule: rule.text,
  asked: { kind: 'permission', why: `The rule ${cut(rule.text)} in policy.permissions.ask of the plan asks a person.`, parts: [part], grants },
});

export const askUnreadable = (command: string, why: string): GateVerdict => ({
  decision: 'defer', rule: UNREADABLE,
  asked: { kind: 'permission', why: `The command contains ${cut(why)}, so what it would do cannot be told from its text.`, parts: [command], grants: [] },
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

export const denyLocked = (tool: string, path: string): GateVerdict => ({
  decision: 'deny', rule: 'policy.locked',
  message: `${shown(tool, path)} is locked by policy.locked of the plan: it is there to prove the work, and not yours to change. Leave it as it is, and do the work so that it holds.`,
});

export const denyUnreadable = (command: string, why: string): GateVerdict => ({
  decision: 'deny', rule: UNREADABLE,
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

const DESTRUCTIVE = 'default: destructive';

/** No rule is offered: what cannot be taken back is allowed one call at a time. */
export const askDestructive = (command: string, why: string): GateVerdict => ({
  decision: 'defer', rule: DESTRUCTIVE, asked: { kind: 'destructive', why: `It ${why}: that cannot be taken back.`, parts: [command], grants: [] },
});

export const denyDestructive = (command: string, why: string): GateVerdict => ({
  decision: 'deny', rule: DESTRUCTIVE,
  message: `The command ${cut(command)} ${why}, and policy.permissions.destructive of the plan denies that. Find a way that can be taken back.`,
});

export const askQuestion = (): GateVerdict => ({
  decision: 'defer', rule: 'default: questions', asked: { kind: 'question', why: 'The agent asks a question.', parts: [], grants: [] },
});

export const denyQuestion = (): GateVerdict => ({
  decision: 'deny', rule: 'default: questions', message: 'Nobody answers questions here: decide yourself, and say at the end what you assumed.',
});

export const denyPlanning = (tool: string): GateVerdict => ({
  decision: 'deny', rule: 'default: planning', message: `You are making a plan: ${tool} changes nothing now. Say in the plan what you want to do with it.`,
});
