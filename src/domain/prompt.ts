/** The text a turn starts with. It always says the whole task: the session it goes to may be fresh. */
import type { CheckSpec, OwnTemplates, TaskPlan, TemplateName } from './plan.ts';
import { quoteForAgent, tailOf } from './prompt/quoting.ts';
import { fill } from './prompt/templates.ts';

export { templatesVersion } from './prompt/templates.ts';

export interface PromptParts {
  task: Pick<TaskPlan, 'id' | 'title' | 'instructions' | 'acceptance'>;
  milestone: { id: string; title: string };
  /** From 1. */
  attempt: number;
  /** The agent may ask a person. Absent: it may not. */
  mayAsk?: boolean;
  /** The checks that hold for the task. */
  checks: Pick<CheckSpec, 'name' | 'run' | 'expect' | 'required'>[];
  /** From the decision about the attempt before; null for the first. */
  feedback: { kind: 'retry' | 'clarify'; text: string } | null;
  /** What a person added to an answer. */
  note: string | null;
  /** Of this turn's run before this one, which was lost or interrupted; null when there was none. */
  loss: { interruptedCall: { tool: string; input: unknown } | null; changedSince: string[] | null } | null;
  /** Of a task that begins with a plan; `text`: the accepted plan, where the session does not know it. */
  plan?: { phase: 'make' | 'revise' | 'carryOut'; note: string | null; text: string | null } | null;
  /** What a person answered about a call that the agent can no longer make where it was. */
  answered?: { tool: string; input: unknown; decision: 'allow' | 'deny'; note: string | null; answers?: string[] } | null;
  /** The plan's own templates. */
  own?: OwnTemplates | undefined;
  /** Why the run before this one of the same turn ended although nothing was wrong; absent: it did not. */
  goesOn?: string | undefined;
  /** What the agent has to know of its conversation before this: it goes on in a copy of the workspace, parts of it are hidden, or all of it is lost. */
  session?: 'putBack' | 'putBackHidden' | 'lost' | 'forked' | 'forkedHidden' | undefined;
  /** Random, new for every prompt. */
  nonce: string;
}

const HIDDEN_SESSION = '\n# Your conversation\nWhat you have said and read before was put back from a copy in which credentials are hidden as [redacted] or stars. Read a file again before you rely on such a place, and never write such a mark into one.\n';
const FORKED_SESSION = '\n# Your conversation\nIt goes on from an earlier point, in a copy of the workspace as it was then: only the current directory is yours. Paths of another folder in what was said before mean the same files here. What came after that point has not happened here.\n';
const LOST_SESSION = '\n# Your conversation\nWhat you have said and read before is lost; this is a new conversation. What you did is in the workspace: look before you go on, and do not repeat what took effect.\n';

const MAX_FEEDBACK = 12_000;
const MAX_CALL = 2_000;
const MAX_PATHS = 100;

/**
 * The prompt, ending in a newline, never beginning with `/`. The plan's own words and a person's note stand as they are;
 * everything else is quoted as data. Pure.
 */
export function composePrompt(parts: PromptParts): string {
  const { task, milestone, attempt, checks, feedback, loss, goesOn, session, plan, answered, note, nonce, own = {} } = parts;
  const say = (name: TemplateName, values: object, data: Record<string, string | null> = {}): string => fill(name, { values: { ...values }, data, nonce }, own);
  const sections = [
    say('task', { task: { ...task, instructions: task.instructions.trim() }, milestone, attempt, mayAsk: parts.mayAsk ?? false, checks: checks.map(sayCheck) }),
    feedback && say(feedback.kind, {}, { feedback: quoteForAgent('feedback', tailOf(feedback.text, MAX_FEEDBACK), nonce) }),
    loss && say('loss', {}, sayLoss(loss, nonce)),
    plan && say('plan', { phase: plan.phase, note: plan.note }, { plan: plan.text === null ? null : quoteForAgent('plan', tailOf(plan.text, MAX_FEEDBACK), nonce) }),
    answered && say('answered', { isAllowed: answered.decision === 'allow', note: answered.note, answers: answered.answers?.join('; ') ?? null }, { call: sayCall(answered, nonce) }),
    ...sayOfSession(session),
    goesOn && `\n# You go on\n${goesOn} What you did is in the workspace; do not begin anew.\n`,
    note && say('note', { note }),
  ];
  return `${withoutCommand(sections.filter(Boolean).join('').trimEnd())}\n`;
}

/** A prompt that begins with `/` is a command to the agent. */
const withoutCommand = (text: string): string => (/^\s*\//.test(text) ? `The task:\n${text}` : text);

const SESSIONS: Record<NonNullable<PromptParts['session']>, string[]> = {
  putBack: [], putBackHidden: [HIDDEN_SESSION], lost: [LOST_SESSION], forked: [FORKED_SESSION], forkedHidden: [FORKED_SESSION, HIDDEN_SESSION],
};

const sayOfSession = (session: PromptParts['session']): string[] => (session === undefined ? [] : SESSIONS[session]);

const sayCheck = ({ name, run, expect, required }: PromptParts['checks'][number]) => ({
  name, run,
  expects: `${expect === 'pass' ? 'must exit with 0' : 'must not fail where it did not fail before'}${required ? '' : ' (not required)'}`,
});

const sayCall = ({ tool, input }: { tool: string; input: unknown }, nonce: string): string =>
  quoteForAgent('tool call', `${tool} ${cut(JSON.stringify(input) ?? '', MAX_CALL)}`, nonce);

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
