/** What the next attempt, and a person, is told about a turn that is not good enough. Package-free. */
import type { CheckEvidence } from '../evidence.ts';
import type { JudgeFacts } from './facts.ts';

const SAYS: Record<CheckEvidence['outcome'], string> = {
  pass: 'passes',
  fixed: 'passes now and failed before',
  flaky: 'failed once and passed when repeated',
  newlyFailing: 'fails and did not fail before',
  stillFailing: 'still fails, as it did before',
  timeout: 'did not end in its time',
};

const exitOf = ({ exitCode }: CheckEvidence): string => (exitCode === null ? '' : ` (exit code ${exitCode})`);

export const describeCheck = (check: CheckEvidence): string => `${check.name} ${SAYS[check.outcome]}${exitOf(check)}`;

/** Required checks that do not meet their expectation. */
export const unmetChecks = ({ evidence }: JudgeFacts): CheckEvidence[] => evidence.filter(({ required, met }) => required && !met);

/** One line for the reason of a decision. */
export const failedChecksLine = (facts: JudgeFacts): string => `Required checks not met: ${unmetChecks(facts).map(describeCheck).join('; ')}.`;

/** Names and last output of the checks, for the next prompt. */
export function failedChecksText(facts: JudgeFacts): string {
  return unmetChecks(facts).map((check) => `The check ${describeCheck(check)}. Its last output:\n${check.tail.trimEnd()}`).join('\n\n');
}

/** The reviewer's issues, requirements not met and optional checks not met, worst first. */
export function issuesText(facts: JudgeFacts): string {
  const review = facts.review?.kind === 'reviewed' ? facts.review.review : undefined;
  const rank = { major: 0, minor: 1, info: 2 };
  const issues = [...(review?.issues ?? [])].sort((a, b) => rank[a.severity] - rank[b.severity]);
  const lines = [
    ...(review?.requirementsMet ?? []).filter(({ met }) => !met).map(({ requirement }) => `- requirement not met: ${requirement}`),
    ...issues.map(({ severity, text, path }) => `- ${severity}${path === undefined ? '' : ` in ${path}`}: ${text}`),
    ...facts.evidence.filter(({ met, required }) => !met && !required).map((check) => `- check ${describeCheck(check)}`),
  ];
  return lines.length > 0 ? lines.join('\n') : '- the review gave a low score without naming an issue: go through the acceptance criteria one by one';
}

/** What a stream without work is answered with. */
export const validationText = ({ validation }: JudgeFacts): string => validation.findings.map(({ text }) => text).join(' ');
