import { describe, expect, test } from '@jest/globals';
import { GOOD_PLAN, goodPlan, mistakes, show } from '../support/plans.ts';

test('what checkpoints cover', () => {
  const text = GOOD_PLAN.replace('policy:\n', 'policy:\n  snapshot: {exclude: ["!src"], include: ["**/dist/*.js", ../a, dist/**], debounce: 5s, maxFileSize: "20"}\n');
  expect(mistakes(text).map((one) => one.replace(/^\d+:\d+ /, ''))).toEqual([
    'policy.snapshot.exclude[0]: says what is left out, not what is not: name that under "include"',
    'policy.snapshot.include[0]: "**" may only stand at the end, after a folder: name the folders on the way, * for any one of them',
    'policy.snapshot.include[1]: must stay in the workspace: ".." is not allowed',
    'policy.snapshot.debounce: must be between 50ms and 2s',
    'policy.snapshot.maxFileSize: must be a size such as 500KB or 20MB',
  ]);
});

test('everything that is wrong is told at once, in the order of the file', () => {
  const text = `project: My Project
workspace: {host: -oProxyCommand=x, path: code}
agnet: {}
agent:
  attempts: 50
  maxTurns: "3"
  timeout: 48h
checks:
  - {name: test, run: npm test, tasks: [unicod], expct: pass, expect: passes}
  - {name: test, run: ''}
policy:
  gate: 2
  permissions: {allow: ["Edit(src/**", "Bash()"]}
  breakpoints: {milestone_complete: {}}
milestones:
  - id: a
    dependsOn: [b]
    tasks:
      - {id: t1, instructions: x, dependsOn: [t2]}
      - {id: unicode, instructions: x, dependsOn: [t1], deadline: 2026-02-30T00:00:00Z, priority: 11}
      - {id: t2, instructions: x, dependsOn: [unicode]}
  - id: b
    task: []
    tasks: []
`;
  expect(mistakes(text)).toEqual([
    '1:10 project: must be 1 to 63 lower-case letters, digits or "-", and not begin with "-"',
    '2:19 workspace.host: must be local, or an alias of ~/.ssh/config',
    '2:43 workspace.path: must be an absolute path; only on the host local may it be relative to this file',
    '3:1 agnet: unknown key "agnet" (did you mean "agent"?)',
    '5:13 agent.attempts: must be between 1 and 20',
    '6:13 agent.maxTurns: must be a number, found text',
    '7:12 agent.timeout: must be between 1s and 1d',
    '9:41 checks[0].tasks[0]: there is no task "unicod" (did you mean "unicode"?)',
    '9:50 checks[0].expct: unknown key "expct" (did you mean "expect"?)',
    '9:71 checks[0].expect: must be pass or noNewFailures (did you mean "pass"?)',
    '10:12 checks[1].name: there is a check "test" already: each needs a name of its own in the plan',
    '10:23 checks[1].run: is blank',
    '12:9 policy.gate: must be between 0 and 1',
    '13:25 policy.permissions.allow[0]: "Edit(src/**" is not a permission rule: write Tool or Tool(pattern), for example Edit(src/**) or Bash(npm test*)',
    '13:40 policy.permissions.allow[1]: "Bash()": the pattern is empty',
    '14:17 policy.breakpoints.milestone_complete: unknown key "milestone_complete" (did you mean "milestone_completion"?)',
    '17:17 milestones[0].dependsOn[0]: milestones wait for each other in a circle: a → b → a',
    '19:47 milestones[0].tasks[0].dependsOn[0]: tasks wait for each other in a circle: t1 → t2 → unicode → t1',
    '20:67 milestones[0].tasks[1].deadline: must be an instant such as 2026-12-01T18:00:00Z',
    '20:99 milestones[0].tasks[1].priority: must be between 1 and 10',
    '23:5 milestones[1].task: unknown key "task" (did you mean "tasks"?)',
    '24:12 milestones[1].tasks: needs at least one task',
  ]);
});

const replaced = (from: string, to: string): string => {
  if (!GOOD_PLAN.includes(from)) throw new Error(`not in the plan: ${from}`);
  return GOOD_PLAN.replace(from, to);
};

describe('one mistake', () => {
  test.each<[string, string, string]>([
    ['a missing part', GOOD_PLAN.replace(/workspace.*\n/, ''), '1:1 workspace: is missing'],
    ['an empty part', replaced('\n  - {name: test, run: npm test}', ''), '3:8 checks: must be a list, found nothing'],
    ['a number for a name', replaced('tinyslug\n', '42\n'), '1:10 project: must be text, found a number'],
    ['a list for a mapping', `- a\n- b\n`, '1:1 : must be a mapping, found a list'],
    ['yes, which is text', replaced('run: npm test', 'run: npm test, required: yes'),
      '4:43 checks[0].required: must be true or false, found text'],
    ['a number without unit', `${GOOD_PLAN}agent: {timeout: 10}`, '12:18 agent.timeout: must be text, found a number'],
    ['a budget of nothing', `${GOOD_PLAN}agent: {budgetUsd: 0}`, '12:20 agent.budgetUsd: must be more than 0'],
    ['half an attempt', `${GOOD_PLAN}agent: {attempts: 1.5}`, '12:19 agent.attempts: must be a whole number, found a number'],
    ['no attempt', `${GOOD_PLAN}agent: {attempts: 0}`, '12:19 agent.attempts: must be between 1 and 20'],
    ['too many turns', `${GOOD_PLAN}agent: {maxTurns: 501}`, '12:19 agent.maxTurns: must be between 1 and 500'],
    ['an unknown dependency', replaced('[ascii]', '[asci]'),
      '11:87 milestones[0].tasks[1].dependsOn[0]: there is no task "asci" (did you mean "ascii"?)'],
    ['itself as dependency', replaced('[ascii]', '[unicode]'),
      '11:87 milestones[0].tasks[1].dependsOn[0]: tasks wait for each other in a circle: unicode → unicode'],
    ['a task twice', replaced('id: unicode', 'id: ascii'),
      '11:14 milestones[0].tasks[1].id: there is a task "ascii" already: each needs a name of its own in the plan'],
    ['a task of another milestone', `${GOOD_PLAN}  - {id: m2, tasks: [{id: t, instructions: x, dependsOn: [ascii]}]}`,
      '12:59 milestones[1].tasks[0].dependsOn[0]: task "ascii" belongs to milestone "slugs": a task can only depend on tasks of its own milestone '
      + '(name that milestone in the dependsOn of this one)'],
    ['a milestone without tasks', `${GOOD_PLAN}  - {id: m2}`, '12:5 milestones[1].tasks: is missing'],
    ['the home folder', replaced('/srv/tinyslug', '~/code'), '2:35 workspace.path: must be an absolute path: ~ is not replaced'],
    ['the root folder', replaced('/srv/tinyslug', '/srv/..'),
      '2:35 workspace.path: must be a folder of its own, not the root of the file system'],
    ['a key written twice', `${GOOD_PLAN}project: other\n`, '12:1 : this key is written twice in one mapping'],
    ['a strange sign-in', `${GOOD_PLAN}agent: {auth: key}`,
      '12:15 agent.auth: must be login, {apiKey: {env: NAME}} or {oauthToken: {env: NAME}}'],
    ['a NUL', replaced('Do it,', '"a\\0b",'),
      '10:35 milestones[0].tasks[0].instructions: holds a character that cannot be stored (NUL or half of a pair)'],
  ])('%s', (_, text, expected) => expect(mistakes(text)).toContain(expected));

  test('an unknown key with nothing near lists what is known', () => {
    expect(mistakes(replaced('{name: test,', '{zzzzzz: 1, name: test,'))).toEqual([
      '4:6 checks[0].zzzzzz: unknown key "zzzzzz" (known here: name, run, timeout, required, expect, measures, tasks, report, paths, parallel)',
    ]);
  });

  test('an agent or reviewer nobody registered', () => {
    const known = { agents: ['claude-code'], reviewers: ['ollama'] };
    expect(mistakes(`${GOOD_PLAN}agent: {name: cloude-code}\nreviewer: {name: gpt}`, { known })).toEqual([
      '12:15 agent.name: there is no agent "cloude-code" (did you mean "claude-code"?)',
      '13:18 reviewer.name: there is no reviewer "gpt" (known: ollama)',
    ]);
  });
});

describe('secrets are refused and not repeated', () => {
  const KEY = 'sk-ant-api03-abcdefgh1234567890abcdef';
  test.each([
    ['as the key', `agent: {auth: {apiKey: ${KEY}}}`, 'agent.auth.apiKey: must name where it is kept'],
    ['as the name of the variable', `agent: {auth: {apiKey: {env: ${KEY}}}}`,
      'agent.auth.apiKey.env: must be the name of an environment variable'],
    ['in the environment of a server', 'agent: {mcp: {gh: {command: x, env: {GITHUB_TOKEN: abcdefghijkl}}}}',
      'agent.mcp.gh.env.GITHUB_TOKEN: looks like a secret'],
    ['in a header', 'agent: {mcp: {gh: {url: "https://x", headers: {Authorization: Bearer abcdef}}}}',
      'agent.mcp.gh.headers.Authorization: looks like a secret'],
    ['anywhere', `reviewer: {model: ${KEY}}`, 'reviewer.model: looks like a secret'],
  ])('%s', (_, line, expected) => {
    const told = mistakes(`${GOOD_PLAN}${line}\n`).join('\n');
    expect(told).toContain(expected);
    expect(told).not.toContain(KEY);
    expect(told).not.toContain('abcdef');
  });

  test('a reference is no secret', () => {
    const { plan } = goodPlan(`${GOOD_PLAN}agent: {mcp: {gh: {command: x, env: {GITHUB_TOKEN: "\${GITHUB_TOKEN}"}}}}\n`);
    expect(plan.agent.mcp).toEqual({ gh: { command: 'x', env: { GITHUB_TOKEN: '${GITHUB_TOKEN}' } } });
  });
});

describe('warnings', () => {
  test.each([
    ['no checks', GOOD_PLAN.replace(/checks:\n.*\n/, ''),
      '1:1 checks: there are no checks: nothing but the reviewer tells good work from bad (name the command that runs the tests)'],
    ['a low gate', replaced('policy:', 'policy:\n  gate: 0.4'), '6:9 policy.gate: a gate of 0.4 accepts poor work; 0.7 is usual'],
    ['every command', replaced('["Edit', '["Bash(*)", "Edit'),
      '6:25 policy.permissions.allow[0]: Bash(*) allows every command, wherever it reaches'],
    ['an unknown tool', replaced('["Edit', '["Edti(x)", "Edit'),
      '6:25 policy.permissions.allow[0]: "Edti" is no tool known here (did you mean "Edit"?)'],
    ['nothing allowed', replaced('["Edit(src/**)"]', '[]'),
      '6:16 policy.permissions: nothing is allowed: the agent can only read the workspace'],
    ['no acceptance', replaced(', acceptance: [npm test passes]}', '}'),
      '10:9 milestones[0].tasks[0]: task "ascii" has no acceptance criteria: the reviewer can only guess'],
  ])('%s', (_, text, expected) => expect(goodPlan(text).warnings.map(show)).toEqual([expected]));

  test('a plan in order has none', () => expect(goodPlan(GOOD_PLAN).warnings).toEqual([]));
});
