/** Rule 2: what proves the work is weaker than before the task, or what was recorded of it is not what happened. It stands before the checks, whose word would be worth less. Package-free. */
import { openWeakenings, type Weakening } from '../weakening/finding.ts';
import type { JudgeFacts } from './facts.ts';
import type { Rule } from './rule.ts';
import { askPerson } from './verdict.ts';

const MAX_LISTED = 8;

/** One line for each, for people and for the next prompt. */
export function weakeningText(facts: JudgeFacts): string {
  const open = openWeakenings(facts.weakenings);
  const more = open.length > MAX_LISTED ? [`- and ${open.length - MAX_LISTED} more`] : [];
  return [...open.slice(0, MAX_LISTED).map(({ text }) => `- ${text}`), ...more].join('\n');
}

/** Small: it goes into the history. */
const MAX_DETAILED = 20;

function detailOf(open: readonly Weakening[]): Record<string, unknown> {
  const findings = open.slice(0, MAX_DETAILED).map(({ kind, path, before, after }) => ({ kind, path: path.slice(0, 300), before, after }));
  return { findings, more: open.length - findings.length };
}

export const WEAKENING_RULES: readonly Rule[] = [
  {
    name: 'record_unproven', design: 2,
    when: ({ unproven, weakeningsApproved }) => unproven !== undefined && weakeningsApproved !== true,
    decide: ({ unproven = [] }) => ({
      ...askPerson('evidence_weakened', `What was recorded of this turn is not what happened:\n${unproven.map((line) => `- ${line}`).join('\n')}`, false),
      detail: { findings: [], more: 0, unproven: unproven.slice(0, MAX_LISTED).map((line) => line.slice(0, 300)) },
    }),
  },
  {
    name: 'evidence_weakened', design: 2,
    when: (facts) => openWeakenings(facts.weakenings).length > 0 && facts.weakeningsApproved !== true,
    decide: (facts) => ({
      ...askPerson('evidence_weakened', `What proves the work has become weaker:\n${weakeningText(facts)}`), detail: detailOf(openWeakenings(facts.weakenings)),
    }),
  },
];
