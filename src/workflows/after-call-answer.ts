/** A person's answer to a tool call that waits: the next run of the same turn takes it to the gate. Pure, but for the state it is given. */
import { readAnswers, type AgentQuestion } from '../domain/agent-questions.ts';
import type { CallDetail } from '../domain/asked-question.ts';
import type { BreakpointKind } from '../domain/breakpoints.ts';
import type { Given, Question } from './after-answer.ts';
import type { MilestoneState, Step, TaskProgress } from './milestone-state.ts';
import { nextRun } from './turn-path.ts';

const ABOUT_CALLS: ReadonlySet<BreakpointKind> = new Set(['permission_request', 'destructive_operation', 'agent_question'] satisfies BreakpointKind[]);

export const isAboutCall = ({ kind }: Question): boolean => ABOUT_CALLS.has(kind);

// It travels through continue-as-new and with each run. Of more than these the oldest are asked about again.
const MAX_GRANTED_CHARACTERS = 16_000;

function grant(state: MilestoneState, rules: string[]): void {
  let left = MAX_GRANTED_CHARACTERS;
  const all = [...new Set([...(state.granted ?? []), ...rules])];
  state.granted = all.toReversed().filter((rule) => (left -= rule.length) >= 0).toReversed();
}

/** Undefined where the plan answered in place of a person: it says nothing. */
function answersTo(questions: AgentQuestion[], note: string | null): string[] | undefined {
  const read = readAnswers(questions, note ?? '');
  return 'answers' in read ? read.answers : undefined;
}

export function afterCallAnswer(state: MilestoneState, question: Question, task: TaskProgress, { action, note }: Given): Step {
  const { toolUseId, tool, inputSha256, always, questions } = question.detail as unknown as CallDetail;
  if (action === 'allow-always') grant(state, always);
  const answers = questions && answersTo(questions, note);
  const decision = action === 'deny' || (questions && !answers) ? 'deny' : 'allow';
  task.answered = { toolUseId, tool, inputSha256: inputSha256 ?? '', decision, note: answers ? null : note, ...(answers && { answers }) };
  return nextRun(task, note);
}
