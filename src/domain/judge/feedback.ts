/** What the next attempt, and a person, is told about a turn that is not good enough. Package-free. */
import type { CheckEvidence } from '../evidence.ts';
import { countsText, namedTests } from './evidence-text.ts';
import type { JudgeFacts } from './facts.ts';

const SAYS: Record<CheckEvidence['outcome'], string> = {
  pass: 'passes',
  fixed: 'passes now and failed before',
  flaky: 'failed once and passed when repeated',
  newlyFailing: 'fails and did not fail before',
  stillFailing: 'still fails, as it did before',
  timeout: 'did not end in its time',
  noReport: 'left no report that could be read, so nobody knows what it ran',
  skipped: 'did not run: nothing in its paths has changed since it passed',
};

function exitOf(check: CheckEvidence): string {
  const parts = [check.exitCode === null ? '' : `exit code ${check.exitCode}`, check.outcome === 'pass' ? '' : countsText(check)].filter(Boolean);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

export const describeCheck = (check: CheckEvidence): string => `${check.name} ${SAYS[check.outcome]}${exitOf(check)}`;

/** Required checks that do not meet their expectation. */
export const unmetChecks = ({ evidence }: JudgeFacts): CheckEvidence[] => evidence.filter(({ required, met }) => required && !met);

/** One line for the reason of a decision. */
export const failedChecksLine = (facts: JudgeFacts): string => `Required checks not met: ${unmetChecks(facts).map(describeCheck).join('; ')}.`;

/** Names and last output of the checks, for the next prompt. */
export const failedChecksText = (facts: JudgeFacts): string => unmetText(facts.evidence);

/** The same of checks that belong to no turn. */
export function unmetText(evidence: readonly CheckEvidence[]): string {
  return evidence.filter(({ required, met }) => required && !met).map((check) => {
    const head = [`The check ${describeCheck(check)}.`, ...namedTests(check)].join('\n');
    return `${head}${head.includes('\n') ? '\n' : ' '}Its last output:\n${check.tail.trimEnd()}`;
  }).join('\n\n');
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
