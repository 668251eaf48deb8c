/** Follows the task where it begins with a plan that a person accepts. */
import type { Template } from './template.ts';

export const PLAN: Template = {
  sample: { phase: 'revise', note: 'Shorter, please.' },
  data: ['plan'],
  needs: [],
  text: `
# The plan
{% if phase == 'carryOut' %}A person has accepted your plan. Carry it out now.
{% else %}{% if phase == 'revise' %}A person wants another plan.{% else %}Make a plan first.{% endif %} Look at whatever you need and change nothing: nothing can be changed now. Your last message is the plan, whole, as a person is to read it: what you will change, in which order, and how you will know that it works.
{% endif %}{% if note %}They say: {{ note }}
{% endif %}{% if plan %}{{ plan }}
{% endif %}`,
};
