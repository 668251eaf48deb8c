/** Follows the task when a person has answered about a call that the session does not know any more. */
import type { Template } from './template.ts';

export const ANSWERED: Template = {
  sample: { isAllowed: true, note: 'Mind the step.', answers: 'Red; Large' },
  data: ['call'],
  needs: [],
  text: `
# What a person answered
You had asked a person about this call, and it was not made:
{{ call }}
{% if answers %}They answered, in the order of the questions: {{ answers }}{% elsif isAllowed %}They allowed exactly this call, once: make it with the same input when you come to it.{% else %}They refused it: do not make it, and do not try to get around that.{% endif %}{% if note %} They say: {{ note }}{% endif %}
`,
};
