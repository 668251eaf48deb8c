/** What a turn of the agent starts with. */
import type { Template } from './template.ts';

export const TASK: Template = {
  sample: {
    task: { id: 'ascii', title: 'ASCII titles', instructions: 'Make slugs.', acceptance: ['npm test passes'] },
    milestone: { id: 'slugs', title: 'Every title gets a slug' },
    attempt: 1,
    mayAsk: false,
    checks: [{ name: 'test', run: 'npm test', expects: 'must exit with 0' }],
  },
  data: [],
  needs: ['task.instructions'],
  text: `You are working on the task "{{ task.title }}" ({{ task.id }}) of the milestone "{{ milestone.title }}", attempt {{ attempt }}.
The workspace is the current directory. {% if mayAsk %}Where the work cannot be done without an answer, ask with AskUserQuestion; otherwise decide, and say at the end what you assumed.{% else %}Nobody can answer questions while you work: decide, and say at the end what you assumed.{% endif %}

# What to do
{{ task.instructions }}
{% if task.acceptance.size > 0 %}
# Done means
{% for criterion in task.acceptance %}- {{ criterion }}
{% endfor %}{% endif %}{% if checks.size > 0 %}
# Checks
When you stop, these commands are run in the workspace, whatever you say about them:
{% for check in checks %}- {{ check.name }}: \`{{ check.run }}\`, {{ check.expects }}
{% endfor %}Change the code so that they pass. Do not weaken, skip or delete tests or checks.
{% endif %}`,
};
