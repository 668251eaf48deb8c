/** A person's answer to the one call it is about. It never lets anything through that the plan denies. Package-free. */
import type { GateVerdict, GivenAnswer } from '../gate-policy.ts';

export interface AskedAgain {
  tool: string;
  toolUseId: string | null;
  inputSha256: string;
}

/** The same call: resumed under its id, or made once more in a session that knows nothing of it. Always with the same input. */
export const isAbout = (answer: GivenAnswer, call: AskedAgain): boolean => answer.tool === call.tool && answer.inputSha256 === call.inputSha256;

const BY = 'answer of a person';

/** `verdict`: what the rules say of the call with this input. What they deny never comes here. */
export function withAnswer(verdict: Exclude<GateVerdict, { decision: 'deny' }>, answer: GivenAnswer, input: unknown): GateVerdict {
  if (verdict.decision === 'defer' && verdict.asked.kind === 'question') return answerQuestions(answer, input);
  if (answer.decision === 'deny') return { decision: 'deny', rule: BY, message: [refusalOf(answer.note), ...movedText(answer)].join(' ') };
  return { decision: 'allow', rule: BY, ...noteOf(answer.note === null ? [] : [`A person allowed this call and says: ${answer.note}`], answer) };
}

const movedText = ({ moved = [] }: GivenAnswer): string[] =>
  (moved.length === 0 ? [] : [`While it waited files have changed, and not by you: ${moved.join(', ')}. Read them again before you rely on them.`]);

function noteOf(said: string[], answer: GivenAnswer): { note?: string } {
  const all = [...said, ...movedText(answer)];
  return all.length === 0 ? {} : { note: all.join(' ') };
}

/** The tool takes the answers as part of its input, by question. */
function answerQuestions(answer: GivenAnswer, input: unknown): GateVerdict {
  const { decision, answers, note } = answer;
  const { questions } = input as { questions?: { question?: string }[] };
  if (decision === 'deny' || !answers || !Array.isArray(questions)) {
    return { decision: 'deny', rule: BY, message: `Nobody answers this.${note === null ? '' : ` A person says: ${note}`} Decide yourself, and say at the end what you assumed.` };
  }
  const byQuestion = Object.fromEntries(questions.map(({ question = '' }, at) => [question, answers[at] ?? '']));
  return { decision: 'allow', rule: BY, updatedInput: { ...(input as object), answers: byQuestion }, ...noteOf([], answer) };
}

const refusalOf = (note: string | null): string =>
  (note === null ? 'A person refused this call and gave no reason.' : `A person refused this call and says: ${note}`) +
  ' Do not try to get around that; go on without it and say at the end what is left undone.';
