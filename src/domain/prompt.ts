/** The text a turn starts with. It always says the whole task: the session it goes to may be fresh. */
import type { CheckSpec, TaskPlan } from './plan.ts';
import { quoteForAgent, tailOf } from './prompt/quoting.ts';
import { fill } from './prompt/templates.ts';

export { TEMPLATES_VERSION } from './prompt/templates.ts';

export interface PromptParts {
  task: Pick<TaskPlan, 'id' | 'title' | 'instructions' | 'acceptance'>;
  milestone: { id: string; title: string };
  /** From 1. */
  attempt: number;
  /** The checks that hold for the task. */
  checks: Pick<CheckSpec, 'name' | 'run' | 'expect' | 'required'>[];
  /** From the decision about the attempt before; null for the first. */
  feedback: { kind: 'retry' | 'clarify'; text: string } | null;
  /** What a person added to an answer. */
  note: string | null;
  /** Of this turn's run before this one, which was lost or interrupted; null when there was none. */
  loss: { interruptedCall: { tool: string; input: unknown } | null; changedSince: string[] | null } | null;
  /** Random, new for every prompt. */
  nonce: string;
}

const MAX_FEEDBACK = 12_000;
const MAX_CALL = 2_000;
const MAX_PATHS = 100;

/**
 * The prompt, ending in a newline, never beginning with `/`. The plan's own words and a person's note stand as they are;
 * everything else is quoted as data. Pure.
 */
export function composePrompt(parts: PromptParts): string {
  const { task, milestone, attempt, checks, nonce } = parts;
  const sections = [
    fill('task', { task: { ...task, instructions: task.instructions.trim() }, milestone, attempt, checks: checks.map(sayCheck) }),
    parts.feedback && fill(parts.feedback.kind, { feedback: quoteForAgent('feedback', tailOf(parts.feedback.text, MAX_FEEDBACK), nonce) }),
    parts.loss && fill('loss', sayLoss(parts.loss, nonce)),
    parts.note && fill('note', { note: parts.note }),
  ];
  return `${sections.filter(Boolean).join('').trimEnd()}\n`;
}

const sayCheck = ({ name, run, expect, required }: PromptParts['checks'][number]) => ({
  name, run,
  expects: `${expect === 'pass' ? 'must exit with 0' : 'must not fail where it did not fail before'}${required ? '' : ' (not required)'}`,
});

function sayLoss({ interruptedCall, changedSince }: NonNullable<PromptParts['loss']>, nonce: string) {
  return {
    interruptedCall: interruptedCall && quoteForAgent('tool call', `${interruptedCall.tool} ${cut(JSON.stringify(interruptedCall.input) ?? '', MAX_CALL)}`, nonce),
    changedSince: changedSince && quoteForAgent('paths', listPaths(changedSince), nonce),
  };
}

const cut = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max)} [${text.length - max} characters cut]` : text);

function listPaths(paths: string[]): string {
  if (paths.length === 0) return '(none)';
  const more = paths.length > MAX_PATHS ? [`[${paths.length - MAX_PATHS} more]`] : [];
  return [...paths.slice(0, MAX_PATHS), ...more].join('\n');
}
