/** A tool call that waits for a person, as the question shows it. Small: it travels through the history. Package-free. */
import { questionLines, readAnswers, readQuestions, type AgentQuestion } from './agent-questions.ts';
import type { AnswerAction, BreakpointKind } from './breakpoints.ts';
import { previewIn } from './restore.ts';
import type { Deferred } from './turn-outcome.ts';

export interface CallDetail {
  toolUseId: string;
  tool: string;
  /** The call's input as JSON, cut. */
  input: string;
  /** Of the whole input; null where the host did not tell: then an answer cannot be given to this call. */
  inputSha256: string | null;
  why: string;
  /** The parts that need an answer, as written; cut. */
  parts: string[];
  /** Rules that `allow-always` keeps for the milestone. */
  always: string[];
  /** Of `agent_question`. */
  questions?: AgentQuestion[];
}

const MAX_INPUT = 3_000;
const MAX_PART = 1_000;
const MAX_PARTS = 10;
const MAX_ALWAYS_CHARACTERS = 2_000;

const cut = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max)} [${text.length - max} characters cut]` : text);

export function kindOfCall({ tool, asked }: Deferred): BreakpointKind {
  if (asked === undefined) return tool === 'AskUserQuestion' ? 'agent_question' : 'permission_request';
  const kinds = { permission: 'permission_request', destructive: 'destructive_operation', question: 'agent_question' } as const;
  return kinds[asked.kind];
}

export function toCallDetail({ toolUseId, tool, input, asked }: Deferred): CallDetail {
  const { why = 'The gate asks a person.', parts = [], grants = [], inputSha256 = null } = asked ?? {};
  // What a person cannot see whole is not allowed for good.
  const isShown = parts.length <= MAX_PARTS && parts.every((part) => part.length <= MAX_PART) && grants.join('').length <= MAX_ALWAYS_CHARACTERS;
  const questions = asked?.kind === 'question' ? readQuestions(input) : undefined;
  return {
    ...(questions && { questions }),
    toolUseId, tool, input: cut(JSON.stringify(input) ?? '', MAX_INPUT), inputSha256, why: cut(why, MAX_PART),
    parts: parts.slice(0, MAX_PARTS).map((part) => cut(part, MAX_PART)), always: isShown ? grants : [],
  };
}

/** For the question's reason: what it wants, which part needs an answer, why. */
export function questionText({ tool, input, why, parts, always, questions }: CallDetail): string {
  if (questions) return ['The agent asks:', ...questionLines(questions)].join('\n');
  return [
    `The agent wants to call ${tool}: ${textOf(tool, input)}`,
    ...(parts.length > 0 ? [`Needs an answer: ${parts.join(' | ')}`] : []),
    why,
    ...(always.length > 0 ? [`allow-always keeps for this milestone: ${always.join(', ')}`] : []),
  ].join('\n');
}

/** The command where there is one. */
function textOf(tool: string, input: string): string {
  const command = tool === 'Bash' ? /^\{"command":("(?:[^"\\]|\\.)*")/.exec(input)?.[1] : undefined;
  return command === undefined ? input : String(JSON.parse(command));
}

/** Why the note does not answer what is asked; undefined when it does. */
export function noteProblem(kind: BreakpointKind, detail: Record<string, unknown> | undefined, note: string): string | undefined {
  const questions = kind === 'agent_question' ? (detail?.['questions'] as AgentQuestion[] | undefined) : undefined;
  const read = questions && readAnswers(questions, note);
  return read && 'problem' in read ? `${read.problem}\n${questionLines(questions).join('\n')}` : undefined;
}

/** Answers that mean nothing without a note: who restores says that he knows what that does not undo. */
export function noteRequiredFor(always: readonly AnswerAction[], detail: Record<string, unknown> | undefined): AnswerAction[] {
  return [...always, ...((previewIn(detail)?.effects.length ?? 0) > 0 ? ['restore' as const] : [])];
}

/** Changes of somebody else: each can be put back by itself, and the question names them. */
const isAboutOthers = (detail: Record<string, unknown> | undefined): boolean => typeof detail?.['when'] === 'string' && Array.isArray(detail['paths']);

/** What may be answered: nothing is offered that cannot be done. */
export function actionsFor(actions: readonly AnswerAction[], detail: Record<string, unknown> | undefined): AnswerAction[] {
  const always = detail?.['always'];
  const offered: Partial<Record<AnswerAction, boolean>> = {
    'allow-always': Array.isArray(always) && always.length > 0, restore: previewIn(detail) !== undefined || isAboutOthers(detail), skip: detail?.['skippable'] !== false,
  };
  return actions.filter((action) => offered[action] ?? true);
}
