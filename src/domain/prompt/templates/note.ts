/** Follows the task when a person has added words to an answer: theirs to give orders, so not data. */
import type { Template } from './template.ts';

export const NOTE: Template = {
  sample: { note: 'Keep the old name.' },
  data: [],
  needs: ['note'],
  text: `
# A person says
{{ note }}
`,
};
