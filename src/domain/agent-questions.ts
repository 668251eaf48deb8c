/** The agent's questions (its tool AskUserQuestion), and a person's note read as the answers to them. Package-free. */

export interface AgentQuestion {
  question: string;
  header: string;
  options: { label: string; description: string }[];
}

const MAX_QUESTIONS = 8;
const MAX_OPTIONS = 12;
const MAX_TEXT = 500;

const cut = (text: unknown): string => {
  const whole = typeof text === 'string' ? text : '';
  return whole.length > MAX_TEXT ? `${whole.slice(0, MAX_TEXT)}…` : whole;
};

const listOf = (value: unknown, max: number): Record<string, unknown>[] =>
  (Array.isArray(value) ? value.slice(0, max) : []).filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null);

/** Texts are cut; undefined when there is nothing that could be answered. */
export function readQuestions(input: unknown): AgentQuestion[] | undefined {
  const asked = listOf((input as { questions?: unknown } | null)?.questions, MAX_QUESTIONS).filter(({ question }) => typeof question === 'string' && question !== '');
  const questions = asked.map(({ question, header, options }) => ({
    question: cut(question), header: cut(header),
    options: listOf(options, MAX_OPTIONS).map(({ label, description }) => ({ label: cut(label), description: cut(description) })),
  }));
  return questions.length === 0 ? undefined : questions;
}

/** As a person reads them. */
export function questionLines(questions: AgentQuestion[]): string[] {
  const number = (at: number): string => (questions.length === 1 ? '' : `${at + 1}. `);
  return questions.flatMap(({ question, header, options }, at) => [
    `${number(at)}${header === '' ? '' : `[${header}] `}${question}`,
    ...options.map(({ label, description }) => `   - ${label}${description === '' || description === label ? '' : `: ${description}`}`),
  ]);
}

export type ReadAnswers = { answers: string[] } | { problem: string };

/**
 * One question: the note is the answer, one of the options or any text. Several: `1: first; 2: second`, or JSON, a list or an
 * object by number or question. An option is meant whatever its case.
 */
export function readAnswers(questions: AgentQuestion[], note: string): ReadAnswers {
  const given = fromJson(questions, note) ?? (questions.length === 1 ? [note.replace(/^1\s*[:.)]\s*/, '')] : fromNumbers(questions.length, note));
  const answers = questions.map(({ options }, at) => toLabel(options, given[at]));
  const missing = questions.filter((_, at) => answers[at] === '');
  if (missing.length === 0) return { answers };
  return { problem: `${howTo(questions.length)}. Not answered: ${missing.map(({ question }) => `"${question}"`).join(', ')}` };
}

const howTo = (count: number): string =>
  (count === 1 ? 'the note is the answer' : `answer each of the ${count} questions: ${Array.from({ length: count }, (_, at) => `${at + 1}: …`).join('; ')}, or as a JSON list`);

function toLabel(options: AgentQuestion['options'], given: unknown): string {
  const text = Array.isArray(given) ? given.join(', ') : typeof given === 'string' || typeof given === 'number' ? String(given).trim() : '';
  return options.find(({ label }) => label.toLowerCase() === text.toLowerCase())?.label ?? text;
}

/** Undefined when it is not JSON of that kind: then it is a text. */
function fromJson(questions: AgentQuestion[], note: string): unknown[] | undefined {
  if (!/^\s*[[{]/.test(note)) return undefined;
  try {
    const given = JSON.parse(note) as unknown;
    if (Array.isArray(given)) return given as unknown[];
    const byName = given as Record<string, unknown>;
    return questions.map(({ question, header }, at) => byName[String(at + 1)] ?? byName[question] ?? byName[header]);
  } catch {
    return undefined;
  }
}

/** `1: a; 2: b`, or one a line. */
function fromNumbers(count: number, note: string): string[] {
  const found: string[] = [];
  for (const [, number = '', text = ''] of note.matchAll(/(?:^|[;\n])\s*(\d+)\s*[:.)]\s*([^]*?)(?=[;\n]\s*\d+\s*[:.)]|$)/g)) {
    if (Number(number) >= 1 && Number(number) <= count) found[Number(number) - 1] ??= text;
  }
  return found;
}
