/** Follows the task when a run of the same turn has ended without a result. */
import type { Template } from './template.ts';

export const LOSS: Template = {
  sample: {},
  data: ['interruptedCall', 'changedSince'],
  needs: [],
  text: `
# What happened before
The process that worked on this before you ended without a result. What it did may be there in part: look before you go on, and do not repeat what took effect.
{% if interruptedCall %}It was in the middle of this tool call, whose outcome is unknown:
{{ interruptedCall }}
{% endif %}{% if changedSince %}Files that had changed by then:
{{ changedSince }}
{% endif %}`,
};
