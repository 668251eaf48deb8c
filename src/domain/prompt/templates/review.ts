/** What a reviewer is asked. All that others wrote is data. */
import type { Template } from './template.ts';

export const REVIEW: Template = {
  sample: { task: { title: 'ASCII titles' }, notShown: 1 },
  data: ['instructions', 'acceptance', 'evidence', 'diff'],
  needs: ['instructions', 'acceptance', 'evidence', 'diff'],
  text: `# Task: {{ task.title }}
{{ instructions }}

# Acceptance criteria
{{ acceptance }}

# Checks that were run
{{ evidence }}

# Difference{% if notShown > 0 %} (cut: {{ notShown }} of the changed files not or only partly shown){% endif %}
{{ diff }}

Judge the work now.`,
};
