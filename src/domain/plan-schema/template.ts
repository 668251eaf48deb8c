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
  # budgetUsd: 5                   # US dollars for one attempt; more limits: budget, below
  timeout: 30m                     # longest time of one attempt's run
  # instructions: HOLDPOINT.md     # a file beside this one; the repository's CLAUDE.md is not read
  # mcp: [mcp.json]                # servers you vouch for; the repository's .mcp.json is not read

reviewer:
  name: ollama
  model: qwen2.5-coder:7b          # any model your Ollama has
# reviewers: [{model: a}, {model: b}, {model: c}]   # several in its place: a score is the greatest that most of them give at least
# prompts: prompts                 # a folder beside this one with prompt templates of your own, such as review.liquid

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
    # report: {format: tap}        # or junit, jest, vitest, pytest, go: then tests are compared by name
    # paths: ["src/**"]            # skipped when it passed and nothing in them has changed since
    # parallel: true               # may run beside other checks that say so

policy:
  gate: 0.7                        # quality at which a turn is accepted, 0 to 1
  permissions:                     # deny is stronger than ask, ask than allow; what is not named is denied
    allow: ["Edit(src/**)", "Edit(test/**)", "Bash(npm test*)"]
    ask: ["Bash(git push*)"]
    deny: ["Bash(rm -rf*)"]
    destructive: ask               # what cannot be taken back although a rule with a wildcard allows it; or deny, allow
    # unreadable: ask              # commands with loops, substitutions …; or deny
  breakpoints:                     # when you are asked
    milestone_completion: {priority: medium}   # also: remind: 4h, escalate: {after: 1d}, after: 2d with then: abort
  withoutReviewer: ask             # or evidence: go on by the checks alone
  # thresholds: {confidence: 0.3, clarify: 0.5, conflict: 0.3, design: 0.9}   # numbers at which the judge changes its mind
  # watchdog: {silentAfter: 10m, silentInToolAfter: 3m, sameCalls: 8, exitAfter: 1m}   # when a running agent has stalled
  # retry: {first: 60s, factor: 2}  # wait before another attempt when the agent failed; after failing checks it begins at once
  # locked: ["test/acceptance/**"]  # no task may change these, unless it names them in mayChange
  # evidence: {allow: [fewerAssertions]}   # weaker evidence that opens no question
  usage: {startBelow: 0.95}        # no turn begins above this share of the account's usage window; or off
  # time: {turn: 20m, task: 1h}     # you are asked about an agent that works longer; it goes on meanwhile

# budget: {task: 5, milestone: 20, project: 50, warnAt: 0.8}   # US dollars; at a limit you are asked before the next turn

# rules:                           # your own, in order: they can stop, ask or retry, never let work through
#   - {name: migrations, when: 'changes.paths.exists(p, p.startsWith("migrations/"))', then: ask, message: A migration changed}

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
        # plan: true               # a plan first, which you accept
      - id: second-task
        title: Another
        instructions: |
          Say what is to be done.
        acceptance:
          - npm test passes
        dependsOn: [first-task]
        # mayChange: ["test/old/**"] # locked paths, tests and test configuration it may make weaker
        # deadline: 2030-01-31T18:00:00Z
        # design: true             # a person looks at the result, however good it is
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
