/**
 * What the reviewer is told. All of it that others wrote is data between lines with a random nonce; the verdict can only
 * stop, ask or let through what the checks have let through before, so a text that talks it round gains little.
 */
import { createHash } from 'node:crypto';
import type { CheckEvidence } from './evidence.ts';
import { describeCheck } from './judge/feedback.ts';
import type { TaskPlan } from './plan.ts';
import { cutDiff } from './prompt/diff-budget.ts';
import type { CutDiff } from './prompt/diff-budget.ts';
import { quote, tailOf } from './prompt/quoting.ts';
import { fill } from './prompt/templates.ts';

export interface ReviewPromptParts {
  task: Pick<TaskPlan, 'title' | 'instructions' | 'acceptance'>;
  evidence: CheckEvidence[];
  /** Unified diff of all the task has changed. */
  diff: string;
  /** Characters of the diff that are shown; the default suits a context of 8,192 tokens. */
  diffBudget?: number;
  /** Random, new for every prompt. */
  nonce: string;
}

export interface ReviewPrompt {
  system: string;
  prompt: string;
  /** Of both with the nonce taken out: the same question, the same hash. */
  promptHash: string;
}

const DIFF_BUDGET = 16_000;
const MAX_INSTRUCTIONS = 4_000;
const MAX_TAIL = 800;
const MAX_PATHS = 100;

/** Pure. */
export function composeReviewPrompt(parts: ReviewPromptParts): ReviewPrompt {
  const { task, nonce } = parts;
  const diff = cutDiff(parts.diff, parts.diffBudget ?? DIFF_BUDGET, `${task.instructions}\n${task.acceptance.join('\n')}`);
  const system = fill('reviewSystem', { nonce });
  const prompt = fill('review', {
    task: { title: task.title },
    instructions: quote('instructions of the task', task.instructions.slice(0, MAX_INSTRUCTIONS), nonce),
    acceptance: quote('acceptance criteria', task.acceptance.map((line) => `- ${line}`).join('\n') || '(none given: go by the instructions)', nonce),
    evidence: quote('checks', parts.evidence.map(sayCheck).join('\n') || '(none ran)', nonce),
    notShown: diff.notShown.length,
    diff: quote('difference', sayDiff(diff), nonce),
  });
  const promptHash = createHash('sha256').update(`${system}\n${prompt}`.replaceAll(nonce, '')).digest('hex');
  return { system, prompt, promptHash };
}

/** Paths are data too: a file's name can be a sentence. */
function sayDiff({ text, notShown }: CutDiff): string {
  if (text === '' && notShown.length === 0) return '(no file changed)';
  return notShown.length === 0 ? text : `${text}\n[not or only partly shown: ${notShown.slice(0, MAX_PATHS).join(', ')}]`;
}

function sayCheck(check: CheckEvidence): string {
  const line = `- ${describeCheck(check)}${check.required ? '' : ' (not required)'}`;
  return check.outcome === 'pass' || check.outcome === 'fixed' ? line : `${line}\n${tailOf(check.tail, MAX_TAIL)}`;
}
