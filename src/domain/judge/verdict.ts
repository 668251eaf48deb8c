/** The few verdicts that several rules share. Package-free. */
import type { BreakpointKind } from '../breakpoints.ts';
import type { Scores } from '../decision.ts';
import type { JudgeFacts } from './facts.ts';
import type { Verdict } from './rule.ts';

/** Failures in a row, this one included, at which a person is asked although attempts are left. */
export const MAX_FAILURES_IN_ROW = 3;

export const percent = (score: number | null): string => (score ?? 0).toFixed(2);

export const atGate = (facts: JudgeFacts, { quality }: Scores): string => `quality ${percent(quality)} against the gate ${percent(facts.policy.gate)}`;

export const failuresInRow = ({ failuresBefore }: JudgeFacts): number => failuresBefore + 1;

export const mayRetry = (facts: JudgeFacts): boolean => facts.attemptsLeft > 0 && failuresInRow(facts) < MAX_FAILURES_IN_ROW;

export const askPerson = (breakpoint: BreakpointKind, reason: string, failed = true): Verdict => ({
  decision: { kind: 'breakpoint', breakpoint, reason }, reason, failed,
});

/** Nothing was tried, so nothing failed: the turn goes on once a person has put it right. */
export const holdFor = (breakpoint: BreakpointKind, reason: string): Verdict => ({
  decision: { kind: 'breakpoint', breakpoint, reason, hold: true }, reason, failed: false,
});

export const retry = (feedback: string, reason: string): Verdict => ({ decision: { kind: 'retry', feedback }, reason, failed: true });

export function retryOrAsk(facts: JudgeFacts, feedback: string, reason: string, breakpoint: BreakpointKind): Verdict {
  return mayRetry(facts) ? retry(feedback, reason) : askPerson(breakpoint, `${reason} ${whyNotAgain(facts)}`);
}

/** Why no further attempt is made without a person. */
export function whyNotAgain(facts: JudgeFacts): string {
  const failures = failuresInRow(facts);
  if (failures >= MAX_FAILURES_IN_ROW) return `This is failure ${failures} in a row.`;
  return 'No attempt is left.';
}
