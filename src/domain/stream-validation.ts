/** Whether a turn's stream shows work at all, before anybody looks at what the work is worth. Package-free. */
import type { StreamSummary } from './agent.ts';

export interface Finding {
  kind: 'noWorkDone' | 'truncated' | 'bypassed' | 'denied' | 'refused';
  /** One sentence for a person. */
  text: string;
}

export interface Validation {
  /** False: the turn is not worth judging (rule 5). */
  valid: boolean;
  findings: Finding[];
  denials: number;
}

const INVALID = new Set<Finding['kind']>(['noWorkDone', 'truncated', 'bypassed']);

type Stream = Pick<StreamSummary, 'toolCalls' | 'denials' | 'bypasses' | 'resultText' | 'openCall' | 'outcome'>;

/** `changedFiles`: paths that differ between the checkpoints before and after the turn, whoever changed them. */
export function validateStream(stream: Stream, changedFiles: number): Validation {
  const findings = CHECKS.map((check) => check(stream, changedFiles)).filter((finding) => finding !== undefined);
  return { valid: !findings.some(({ kind }) => INVALID.has(kind)), findings, denials: stream.denials.length };
}

type Check = (stream: Stream, changedFiles: number) => Finding | undefined;

const CHECKS: readonly Check[] = [
  // A call that was denied did nothing, whether or not it was counted.
  ({ toolCalls, denials }, changedFiles) => {
    if (changedFiles > 0 || toolCalls > denials.length) return undefined;
    const why = toolCalls === 0 ? 'no tool was called' : 'every tool call was denied';
    return { kind: 'noWorkDone', text: `No work done: ${why} and no file changed.` };
  },
  ({ outcome, openCall, resultText }) => {
    if (outcome?.kind !== 'completed') return undefined;
    if (openCall) return { kind: 'truncated', text: `The stream ends with the ${openCall.tool} call ${openCall.toolUseId} unanswered.` };
    return resultText === null ? { kind: 'truncated', text: 'The stream has no final text.' } : undefined;
  },
  ({ bypasses }) => some('bypassed', bypasses.map(({ tool, source }) => `${tool} (allowed by ${source})`), 'Ran without our permission'),
  ({ denials }) => some('denied', denials.map(({ tool, message }) => `${tool}: ${message}`), 'Denied by the gate'),
  ({ outcome }) => (outcome?.kind === 'refused' ? { kind: 'refused', text: `The model refused: ${outcome.message}` } : undefined),
];

const MAX_LISTED = 5;

function some(kind: Finding['kind'], items: string[], what: string): Finding | undefined {
  if (items.length === 0) return undefined;
  const more = items.length > MAX_LISTED ? ` and ${items.length - MAX_LISTED} more` : '';
  return { kind, text: `${what}: ${items.slice(0, MAX_LISTED).join('; ')}${more}.` };
}
