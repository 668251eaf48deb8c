/** Whether a turn's stream shows work at all, before anybody looks at what the work is worth. Package-free. */
import type { StreamSummary } from './agent.ts';
import { admission, claimOfTests, claimOfWork, hasCodeBlock, lastQuestion, refusal, runsTests } from './validation/words.ts';

/** The first line: a turn with one of these is not worth judging (rule 5). The second: what is said is doubted (scores.ts). */
export type FindingKind =
  | 'noWorkDone' | 'truncated' | 'bypassed' | 'onlyQuestions' | 'couldNotFinish' | 'notApplied' | 'nothingChanged' | 'undone' | 'elsewhere'
  | 'denied' | 'refused' | 'unsupportedClaim' | 'partlyUndone' | 'outside';

export interface Finding {
  kind: FindingKind;
  /** One sentence for a person. */
  text: string;
}

export interface Validation {
  /** False: the turn is not worth judging (rule 5). */
  valid: boolean;
  findings: Finding[];
  denials: number;
}

const INVALID = new Set<FindingKind>([
  'noWorkDone', 'truncated', 'bypassed', 'onlyQuestions', 'couldNotFinish', 'notApplied', 'nothingChanged', 'undone', 'elsewhere',
]);

type Stream = Pick<StreamSummary, 'toolCalls' | 'denials' | 'bypasses' | 'resultText' | 'openCall' | 'outcome' | 'commands'>;

/** What is known beside the stream; absent: nothing of it. */
export interface Around {
  /** Paths in the workspace that tools of the turn created. Of what was there before nobody knows whether it only was written again. */
  created: string[];
  /** Paths outside of it that they wrote. */
  outside: string[];
  /** Paths that differ between the checkpoints before and after the turn. */
  changed: string[];
  /** An earlier attempt at the task has left changes: this one may have had nothing to add. */
  workBefore: boolean;
  /** Command lines of the plan's checks. */
  checks: string[];
}

const NOTHING: Around = { created: [], outside: [], changed: [], workBefore: false, checks: [] };

interface Seen extends Around {
  stream: Stream;
  changedFiles: number;
  /** The last words, where the agent said it was done. */
  said: string;
}

/** `changedFiles`: paths that differ between the checkpoints before and after the turn, whoever changed them. */
export function validateStream(stream: Stream, changedFiles: number, around: Around = NOTHING): Validation {
  const said = stream.outcome?.kind === 'completed' ? (stream.resultText ?? '') : '';
  const seen: Seen = { ...around, stream, changedFiles, said };
  const findings = CHECKS.map((check) => check(seen)).filter((finding) => finding !== undefined);
  return { valid: !findings.some(({ kind }) => INVALID.has(kind)), findings, denials: stream.denials.length };
}

type Check = (seen: Seen) => Finding | undefined;

const tell = (kind: FindingKind, what: string, sentence: string): Finding => ({ kind, text: `${what}: "${sentence.slice(0, 200)}"` });

const CHECKS: readonly Check[] = [
  // A call that was denied did nothing, whether or not it was counted.
  ({ stream: { toolCalls, denials }, changedFiles, workBefore }) => {
    if (changedFiles > 0 || (toolCalls > denials.length && (denials.length === 0 || workBefore))) return undefined;
    const why = toolCalls === 0 ? 'no tool was called' : toolCalls > denials.length ? 'what would have changed something was denied' : 'every tool call was denied';
    return { kind: 'noWorkDone', text: `No work done: ${why} and no file changed.` };
  },
  ({ stream: { outcome, openCall, resultText } }) => {
    if (outcome?.kind !== 'completed') return undefined;
    if (openCall) return { kind: 'truncated', text: `The stream ends with the ${openCall.tool} call ${openCall.toolUseId} unanswered.` };
    return resultText === null ? { kind: 'truncated', text: 'The stream has no final text.' } : undefined;
  },
  ({ said }) => {
    const sentence = admission(said);
    return sentence === undefined ? undefined : tell('couldNotFinish', 'The agent says itself that it is not finished', sentence);
  },
  withoutChange,
  ({ created, changed, changedFiles, workBefore }) => {
    const lost = created.filter((path) => !changed.includes(path));
    if (lost.length === 0 || (changedFiles === 0 && workBefore)) return undefined;
    return changedFiles === 0 ? some('undone', lost, 'Created in the turn and gone at its end') : some('partlyUndone', lost, 'Created in the turn and not there at its end');
  },
  ({ outside, changed, changedFiles }) => {
    const elsewhere = outside.filter((path) => !changed.some((one) => path.endsWith(`/${one}`)));
    return some(changedFiles === 0 ? 'elsewhere' : 'outside', elsewhere, 'Written outside the workspace');
  },
  unsupported,
  ({ stream: { bypasses } }) => some('bypassed', bypasses.map(({ tool, source }) => `${tool} (allowed by ${source})`), 'Ran without our permission'),
  ({ stream: { denials } }) => some('denied', denials.map(({ tool, message }) => `${tool}: ${message}`), 'Denied by the gate'),
  ({ stream: { outcome } }) => (outcome?.kind === 'refused' ? { kind: 'refused', text: `The model refused: ${outcome.message}` } : undefined),
];

/** No file differs: then the last words must not ask, decline, show code or claim work. */
function withoutChange({ said, changedFiles, workBefore, stream: { toolCalls, denials } }: Seen): Finding | undefined {
  if (changedFiles > 0) return undefined;
  const question = lastQuestion(said);
  if (question !== undefined) return tell('onlyQuestions', 'Nothing changed, and the agent asks', question);
  const declined = refusal(said);
  if (declined !== undefined) return tell('couldNotFinish', 'Nothing changed, and the agent declines', declined);
  // Of a turn that did nothing at all enough is said.
  if (workBefore || toolCalls <= denials.length) return undefined;
  if (hasCodeBlock(said)) return { kind: 'notApplied', text: 'The agent shows code and has changed no file.' };
  const claim = claimOfWork(said);
  return claim === undefined ? undefined : tell('nothingChanged', 'No file changed, although the agent claims', claim);
}

function unsupported({ said, stream: { commands = [] }, checks }: Seen): Finding | undefined {
  const claim = claimOfTests(said);
  if (!claim) return undefined;
  const last = commands.findLast(({ command }) => runsTests(command, checks));
  if (last && !(claim.passed && last.failed)) return undefined;
  return tell('unsupportedClaim', last ? 'The last run of tests failed, although the agent claims' : 'No tool call ran tests, although the agent claims', claim.sentence);
}

const MAX_LISTED = 5;

function some(kind: FindingKind, items: string[], what: string): Finding | undefined {
  if (items.length === 0) return undefined;
  const more = items.length > MAX_LISTED ? ` and ${items.length - MAX_LISTED} more` : '';
  return { kind, text: `${what}: ${items.slice(0, MAX_LISTED).join('; ')}${more}.` };
}
