/** The commented plans that `holdpoint init` writes. Each must parse without mistakes as it stands (a test holds it to that). */

/** Written beside the plan, so that editors complete and check it. */
export const PLAN_SCHEMA_FILE = '.holdpoint.schema.json';

const DEFAULT = `# yaml-language-server: $schema=./${PLAN_SCHEMA_FILE}
# A plan for Holdpoint. Check it with \`holdpoint validate\`, run it with \`holdpoint start\`.

project: my-project                # lower-case letters, digits and "-"

workspace:
  host: local                      # or an alias of your ~/.ssh/config
  path: .                          # folder of the code; absolute on another host

agent:
  name: claude-code
  # model: sonnet                  # the agent's own default when absent
  auth: login                      # or {apiKey: {env: ANTHROPIC_API_KEY}}: named, never written here
  maxTurns: 30                     # turns of the model within one attempt
  attempts: 3                      # attempts at a task before you are asked
  # budgetUsd: 5                   # US dollars for one attempt
  timeout: 30m                     # longest time of one attempt's run
  # instructions: HOLDPOINT.md     # a file beside this one; the repository's CLAUDE.md is not read
  # mcp: [mcp.json]                # servers you vouch for; the repository's .mcp.json is not read

reviewer:
  name: ollama
  model: qwen2.5-coder:7b          # any model your Ollama has

checks:                            # commands Holdpoint runs itself: the evidence
  - name: build
    run: npm run build --if-present
    measures: syntax               # build, lint, types; everything else measures tests
    timeout: 10m
  - name: test
    run: npm test
    timeout: 10m
    expect: pass                   # or noNewFailures: may fail as it did before
    # tasks: [first-task]          # the tasks it holds for; all when absent

policy:
  gate: 0.7                        # quality at which a turn is accepted, 0 to 1
  permissions:                     # deny is stronger than ask, ask than allow; what is not named is denied
    allow: ["Edit(src/**)", "Edit(test/**)", "Bash(npm test*)"]
    ask: ["Bash(git push*)"]
    deny: ["Bash(rm -rf*)"]
  breakpoints:                     # when you are asked
    milestone_completion: {priority: medium}
  withoutReviewer: ask             # or evidence: go on by the checks alone
  # watchdog: {silentAfter: 10m, silentInToolAfter: 3m, sameCalls: 8, exitAfter: 1m}   # when a running agent has stalled
  usage: {startBelow: 0.95}        # no turn begins above this share of the account's usage window; or off

milestones:                        # run in this order, unless they name dependsOn
  - id: first-milestone
    title: What is there when this milestone is done
    tasks:
      - id: first-task
        title: A short name
        instructions: |
          Say what is to be done, where, and what must stay as it is.
        acceptance:                # the reviewer judges each of them
          - npm test passes
        priority: 5                # 10 runs first
      - id: second-task
        title: Another
        instructions: |
          Say what is to be done.
        acceptance:
          - npm test passes
        dependsOn: [first-task]
        # deadline: 2030-01-31T18:00:00Z
`;

const MINIMAL = `# yaml-language-server: $schema=./${PLAN_SCHEMA_FILE}
project: my-project
workspace: {host: local, path: .}
checks:
  - {name: test, run: npm test}
policy:
  permissions: {allow: ["Edit(src/**)", "Bash(npm test*)"]}
milestones:
  - id: first-milestone
    tasks:
      - id: first-task
        instructions: Say what is to be done.
        acceptance: [npm test passes]
`;

const TEMPLATES: Readonly<Record<string, string>> = { default: DEFAULT, minimal: MINIMAL };

export const PLAN_TEMPLATES: readonly string[] = Object.keys(TEMPLATES);

/** Text of the named template with the project's name filled in; undefined for an unknown template. */
export function planTemplate(name = 'default', project = 'my-project'): string | undefined {
  return Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name]?.replace('project: my-project', `project: ${project}`) : undefined;
}
