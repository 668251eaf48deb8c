/**
 * What the reviewer is told, made to fit what its model reads at once. All of it that others wrote is data between lines with
 * a random nonce; the verdict can only stop, ask or let through what the checks have let through before, so a text that talks
 * it round gains little.
 */
import { createHash } from 'node:crypto';
import type { CheckEvidence } from './evidence.ts';
import { describeCheck } from './judge/feedback.ts';
import type { OwnTemplates, TaskPlan } from './plan.ts';
import { cutDiff } from './prompt/cut-diff.ts';
import type { CutDiff } from './prompt/cut-diff.ts';
import { cutHead } from './prompt/fit.ts';
import type { Room } from './prompt/fit.ts';
import { DATA_RULE, quoteForReviewer, tailOf } from './prompt/quoting.ts';
import { fill } from './prompt/templates.ts';

export interface ReviewPromptParts {
  task: Pick<TaskPlan, 'title' | 'instructions' | 'acceptance'>;
  evidence: CheckEvidence[];
  /** Unified diff of all the task has changed. */
  diff: string;
  /** Changed paths that are missing in `diff` altogether. */
  leftOut?: string[];
  /** For system and prompt together. */
  room: Room;
  /** The plan's own templates. */
  own?: OwnTemplates | undefined;
  /** Random, new for every prompt. */
  nonce: string;
}

export interface ReviewPrompt {
  system: string;
  prompt: string;
  /** Of both with the nonce taken out: the same question, the same hash. */
  promptHash: string;
  /** Of both, as `room` counts. */
  tokens: number;
  /** Changed paths the reviewer sees only a part of, or nothing. */
  notShown: string[];
}

/** Largest shares of the room; what is not used goes to the difference. */
const SHARES = { instructions: 0.2, acceptance: 0.15, evidence: 0.15, listOfPaths: 0.1 } as const;
const MAX_TAIL = 800;
const NONE_SHOWN: CutDiff = { text: '', notShown: [] };

/** Pure. */
export function composeReviewPrompt(parts: ReviewPromptParts): ReviewPrompt {
  const { task, evidence, room } = parts;
  const fixed = tokensOf(fillIn(parts, { instructions: '', acceptance: '', evidence: '', diff: NONE_SHOWN }), room);
  const rest = Math.max(0, room.tokens - fixed);
  const share = (text: string, name: keyof typeof SHARES): string => cutHead(text, { ...room, tokens: Math.floor(rest * SHARES[name]) }).text;
  const texts = {
    instructions: share(task.instructions, 'instructions'),
    acceptance: share(task.acceptance.map((line) => `- ${line}`).join('\n') || '(none given: go by the instructions)', 'acceptance'),
    evidence: share(evidence.map(sayCheck).join('\n') || '(none ran)', 'evidence'),
  };
  const used = Object.values(texts).reduce((sum, text) => sum + room.count(text), Math.floor(rest * SHARES.listOfPaths));
  const cut = cutDiff(parts.diff, { ...room, tokens: rest - used }, `${task.instructions}\n${task.acceptance.join('\n')}`);
  const diff = { ...cut, notShown: [...cut.notShown, ...(parts.leftOut ?? [])] };
  const { system, prompt } = fillIn(parts, { ...texts, diff });
  const promptHash = createHash('sha256').update(`${system}\n${prompt}`.replaceAll(parts.nonce, '')).digest('hex');
  return { system, prompt, promptHash, tokens: tokensOf({ system, prompt }, room), notShown: diff.notShown };
}

interface Texts {
  instructions: string;
  acceptance: string;
  evidence: string;
  diff: CutDiff;
}

function fillIn({ task, nonce, own, room }: ReviewPromptParts, texts: Texts): Pick<ReviewPrompt, 'system' | 'prompt'> {
  const list = { ...room, tokens: Math.floor(room.tokens * SHARES.listOfPaths) };
  const system = `${DATA_RULE.replaceAll('NONCE', nonce)}\n\n${fill('review-system', { values: {}, data: {}, nonce }, own)}`;
  const prompt = fill('review', {
    values: { task: { title: task.title }, notShown: texts.diff.notShown.length },
    data: {
      instructions: quoteForReviewer('instructions of the task', texts.instructions, nonce),
      acceptance: quoteForReviewer('acceptance criteria', texts.acceptance, nonce),
      evidence: quoteForReviewer('checks', texts.evidence, nonce),
      diff: quoteForReviewer('difference', sayDiff(texts.diff, list), nonce),
    },
    nonce,
  }, own);
  return { system, prompt };
}

const tokensOf = ({ system, prompt }: Pick<ReviewPrompt, 'system' | 'prompt'>, { count }: Room): number => count(system) + count(prompt);

/** Paths are data too: a file's name can be a sentence. */
function sayDiff({ text, notShown }: CutDiff, list: Room): string {
  if (text === '' && notShown.length === 0) return '(no file changed)';
  if (notShown.length === 0) return text;
  return `${text}\n[not or only partly shown: ${cutHead(notShown.join(', '), list).text}]`;
}

function sayCheck(check: CheckEvidence): string {
  const line = `- ${describeCheck(check)}${check.required ? '' : ' (not required)'}`;
  return check.outcome === 'pass' || check.outcome === 'fixed' ? line : `${line}\n${tailOf(check.tail, MAX_TAIL)}`;
}
