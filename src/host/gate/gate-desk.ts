/**
 * The gate's memory of one run: which call waits for a person, and whether an answer was used. Of several calls that wait
 * the agent would lose all but one, so the first is asked about and everything after it is told to come again.
 */
import type { GatePolicy, GateVerdict } from '../../domain/gate-policy.ts';
import { isAbout, withAnswer } from '../../domain/gate/answered.ts';
import { inputSha256 } from '../../domain/input-sha256.ts';
import { decideCall, type HookCall } from './gate-call.ts';

export type Decide = (call: HookCall | undefined) => GateVerdict;

/** Never throws. `home` is what `~` means to the agent. */
export function openDesk(policy: GatePolicy, home: string): Decide {
  let waiting: HookCall | null = null;
  let answer = policy.answer ?? null;
  return (call) => {
    const verdict = decideCall(policy, home, call);
    if (!call || verdict.decision === 'deny') return verdict;
    if (waiting !== null) return comeAgain(waiting);
    if (answer !== null && isAbout(answer, { ...call, inputSha256: inputSha256(call.input) })) {
      const given = answer;
      answer = null;
      return withAnswer(verdict, given, call.input);
    }
    if (verdict.decision !== 'defer') return verdict;
    if (call.agentId !== null || call.toolUseId === null) return nobodyToAsk(verdict.asked.why);
    waiting = call;
    return verdict;
  };
}

const comeAgain = ({ tool }: HookCall): GateVerdict => ({
  decision: 'deny', rule: 'another call waits',
  message: `Not done: the ${tool} call before it waits for a person's answer. Make this call again after that; it was not judged.`,
});

/** A subagent's question would be lost with the subagent. */
const nobodyToAsk = (why: string): GateVerdict => ({
  decision: 'deny', rule: 'nobody to ask',
  message: `${why} A person can only be asked by the main agent: go on without this call and name it in your answer.`,
});
