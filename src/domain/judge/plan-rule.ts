/** A turn that was to make a plan has made one: a person accepts it before anything is done. Package-free. */
import type { Rule } from './rule.ts';
import { holdFor } from './verdict.ts';

const MAX_PLAN = 8_000;

export const PLAN_RULE: Rule = {
  name: 'plan_made', design: 1,
  when: ({ outcome, planning }) => outcome.kind === 'completed' && planning === true,
  decide: ({ outcome, changes }) => {
    const text = outcome.kind === 'completed' ? outcome.text.trim() : '';
    const plan = text.length > MAX_PLAN ? `${text.slice(0, MAX_PLAN)} [${text.length - MAX_PLAN} characters cut]` : text;
    const moved = changes.files > 0 ? ` ${changes.files} files changed although nothing was to be done yet.` : '';
    const reason = plan === '' ? `The agent ended without a plan.${moved}` : `The agent has made a plan.${moved}\n${plan}`;
    return { ...holdFor('plan_approval', reason), detail: { plan, changedFiles: changes.files } };
  },
};
