import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import { PLAN_TEMPLATES, parsePlan, planFailure, planJsonSchema, planTemplate } from '../../src/domain/plan-schema.ts';
import { GOOD_PLAN, goodPlan, mistakes, show } from '../support/plans.ts';

test('a short plan is filled with defaults', () => {
  expect(goodPlan(GOOD_PLAN).plan).toEqual({
    project: 'tinyslug',
    workspace: { host: 'build-vm', path: '/srv/tinyslug' },
    agent: {
      name: 'claude-code', model: null, auth: { kind: 'login' }, maxTurns: 30, attempts: 3, budgetUsd: null, instructions: null, mcp: {},
      timeoutMs: 1_800_000,
    },
    reviewer: { name: 'ollama', model: 'qwen2.5-coder:7b', deadlineMs: 180_000 },
    checks: [{ name: 'test', run: 'npm test', timeoutMs: 600_000, required: true, expect: 'pass', measures: 'tests', tasks: null }],
    policy: {
      gate: 0.7, permissions: { allow: ['Edit(src/**)'], ask: [], deny: [], destructive: 'ask' }, breakpoints: {}, withoutReviewer: 'ask',
        hostPatienceMs: 600_000,
      watchdog: { silentAfterMs: 600_000, silentInToolAfterMs: 180_000, sameCalls: 8, exitAfterMs: 60_000 },
      snapshot: { exclude: ['**/node_modules/**'], maxFileBytes: 20_000_000 }, usage: { startBelow: 0.95 }, overload: { askAfter: 10 },
      retry: { firstMs: 60_000, factor: 2, jitter: 0.2, maxMs: 1_800_000 },
    },
    milestones: [{
      id: 'slugs', title: 'slugs', dependsOn: [],
      tasks: [
        { id: 'ascii', title: 'ascii', instructions: 'Do it', acceptance: ['npm test passes'], dependsOn: [], priority: 5, deadline: null },
        { id: 'unicode', title: 'unicode', instructions: 'Do it', acceptance: ['npm test passes'], dependsOn: ['ascii'], priority: 5,
          deadline: null },
      ],
    }],
  });
});

/** The plan file of the design, word for word but for the texts left out there. */
const DESIGN = `
project: tinyslug
workspace: {host: build-vm, path: /srv/tinyslug}      # host: an alias in ~/.ssh/config, or local
agent: {name: claude-code, model: sonnet, auth: login, maxTurns: 12, attempts: 3, budgetUsd: 5, instructions: HOLDPOINT.md, mcp: []}
checks:
  - {name: test, run: npm test, timeout: 10m, required: true, expect: pass, tasks: [unicode]}
policy:
  gate: 0.7
  permissions: {allow: ["Edit(src/**)", "Bash(npm test*)"], ask: ["Bash(git push*)"], deny: ["Bash(rm -rf*)"]}
  breakpoints: {milestone_completion: {priority: low}, time_threshold_exceeded: {after: 30m, then: retry}}
milestones:
  - id: slugs
    title: Every title gets a slug
    tasks:
      - {id: ascii, title: ASCII titles, instructions: "…", acceptance: ["npm test passes"], priority: 5}
      - {id: unicode, instructions: "…", dependsOn: [ascii], deadline: 2026-12-01T18:00:00Z}
`;

test('the plan of the design is accepted; what has no effect yet is said', () => {
  const { plan, warnings } = goodPlan(DESIGN, { files: { 'HOLDPOINT.md': 'Be careful.' } });
  expect(plan.agent.instructions).toBe('Be careful.');
  expect(plan.policy.breakpoints).toEqual({
    milestone_completion: { enabled: true, priority: 'low' },
    time_threshold_exceeded: { enabled: true, priority: null, automatic: { afterMs: 1_800_000, then: 'retry' } },
  });
  expect(plan.milestones[0]?.tasks[1]?.deadline).toBe('2026-12-01T18:00:00.000Z');
  expect(warnings.map(show)).toEqual([
    '15:9 milestones[0].tasks[0]: no required check holds for task "ascii"',
    '16:9 milestones[0].tasks[1]: task "unicode" has no acceptance criteria: the reviewer can only guess',
  ]);
});

test('the watchdog takes lengths of time; a loop is at least three calls', () => {
  const watchdog = (line: string) => goodPlan(GOOD_PLAN.replace('policy:', `policy:\n  watchdog: {${line}}`)).plan.policy.watchdog;
  expect(watchdog('silentAfter: 2s, sameCalls: 3')).toEqual({ silentAfterMs: 2_000, silentInToolAfterMs: 180_000, sameCalls: 3, exitAfterMs: 60_000 });
});

describe('forms of one field', () => {
  const withAgent = (line: string) => goodPlan(`${GOOD_PLAN}agent: {${line}}\n`).plan.agent;

  test.each([
    ['login', { kind: 'login' }],
    ['{apiKey: {env: ANTHROPIC_API_KEY}}', { kind: 'apiKey', source: { on: 'worker', env: 'ANTHROPIC_API_KEY' } }],
    ['{apiKey: {file: /run/secrets/key, on: host}}', { kind: 'apiKey', source: { on: 'host', file: '/run/secrets/key' } }],
    ['{oauthToken: {env: TOKEN, on: host}}', { kind: 'oauthToken', source: { on: 'host', env: 'TOKEN' } }],
  ])('auth: %s', (auth, expected) => expect(withAgent(`auth: ${auth}`).auth).toEqual(expected));

  test.each([['1s', 1000], ['90s', 90_000], ['10m', 600_000], ['2h', 7_200_000], ['1d', 86_400_000], ['1500ms',
    1500]])('timeout: %s', (text, ms) => {
    expect(withAgent(`timeout: ${text}`).timeoutMs).toBe(ms);
  });

  test.each([
    ['build-vm', '/srv//x/../y/', '/srv/y'], ['local', '.', '/home/me/plans'], ['local', '../code', '/home/me/code'],
  ])('workspace on %s at %s', (host, path, absolute) => {
    const text = GOOD_PLAN.replace('{host: build-vm, path: /srv/tinyslug}', `{host: ${host}, path: ${path}}`);
    expect(goodPlan(text).plan.workspace).toEqual({ host, path: absolute });
  });

  test('milestones run in plan order unless they say otherwise', () => {
    const milestone = (id: string, more = '') => `  - {id: ${id}, ${more}tasks: [{id: ${id}-t, instructions: x}]}\n`;
    const text = GOOD_PLAN + milestone('second') + milestone('third', 'dependsOn: [slugs], ') + milestone('free', 'dependsOn: [], ');
    expect(goodPlan(text).plan.milestones.map(({ dependsOn }) => dependsOn)).toEqual([[], ['slugs'], ['slugs'], []]);
  });

  test('what the service says goes between the plan and the default', () => {
    const defaults = { reviewer: { model: 'small', deadlineMs: 5000 } };
    expect(goodPlan(GOOD_PLAN, { defaults }).plan.reviewer).toEqual({ name: 'ollama', model: 'small', deadlineMs: 5000 });
    expect(goodPlan(`${GOOD_PLAN}reviewer: {model: big}\n`, { defaults }).plan.reviewer).toEqual({ name: 'ollama', model: 'big',
      deadlineMs: 5000 });
  });
});

describe('fingerprint', () => {
  test('is taken from one text per value', () => {
    const value = JSON.parse('{"b": [{"d": 1, "c": null}], "__proto__": {"z": 1, "y": "é"}, "a": "x"}') as unknown;
    expect(canonicalJson(value)).toBe('{"__proto__":{"y":"é","z":1},"a":"x","b":[{"c":null,"d":1}]}');
  });

  test('does not depend on how the file is laid out', () => {
    const { plan, sha256 } = goodPlan(GOOD_PLAN);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    const lines = GOOD_PLAN.split('\n');
    const moved = [...lines.slice(1), lines[0], '# a comment', 'agent: {maxTurns: 30}'].join('\r\n');
    expect(goodPlan(moved)).toMatchObject({ plan, sha256 });
  });

  test('changes with every part of the plan, files beside it included', () => {
    const variants = [
      GOOD_PLAN, GOOD_PLAN.replace('npm test}', 'npm  test}'), GOOD_PLAN.replace('Do it', 'Do that'),
      `${GOOD_PLAN}agent: {instructions: a.md}\n`, `${GOOD_PLAN}agent: {instructions: b.md}\n`,
    ];
    const hashes = variants.map((text) => goodPlan(text, { files: { 'a.md': 'one', 'b.md': 'two' } }).sha256);
    expect(new Set(hashes).size).toBe(variants.length);
  });
});

describe('templates', () => {
  test.each(PLAN_TEMPLATES)('%s is accepted as it stands and names its schema', (name) => {
    const text = planTemplate(name, 'my-name') ?? '';
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./.holdpoint.schema.json');
    const { plan, warnings } = goodPlan(text);
    expect(plan.project).toBe('my-name');
    expect(warnings).toEqual([]);
  });

  test('an unknown one is undefined', () => {
    expect(planTemplate('nobody')).toBeUndefined();
    expect(planTemplate('toString')).toBeUndefined();
  });
});

describe('published JSON Schema', () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(planJsonSchema());

  test.each([['good', GOOD_PLAN], ['design', DESIGN], ...PLAN_TEMPLATES.map((name) => [name,
    planTemplate(name) ?? ''])])('accepts %s', (_, text) => {
    expect(validate(parse(text)) ? [] : validate.errors).toEqual([]);
  });

  test.each([
    ['an unknown key', `${GOOD_PLAN}agnet: {}\n`], ['no milestones', GOOD_PLAN.replace(/milestones:[^]*/, 'milestones: []\n')],
    ['a gate of 2', GOOD_PLAN.replace('policy:', 'policy:\n  gate: 2')], ['21 attempts', `${GOOD_PLAN}agent: {attempts: 21}\n`],
    ['a duration without unit', `${GOOD_PLAN}agent: {timeout: 10}\n`], ['a literal key', `${GOOD_PLAN}agent: {auth: {apiKey: abc}}\n`],
    ['an id in capitals', GOOD_PLAN.replace('tinyslug', 'TinySlug')], ['an unknown breakpoint', GOOD_PLAN.replace('policy:',
      'policy:\n  breakpoints: {x: {}}')],
  ])('refuses %s, as we do', (_, text) => {
    expect(validate(parse(text))).toBe(false);
    expect(mistakes(text)).not.toEqual([]);
  });
});

test('one error for commands that need a plan', () => {
  const result = parsePlan({ file: 'p.yaml', text: GOOD_PLAN.replace('checks:', 'chekcs:'), readFile: () => null });
  const error = planFailure('p.yaml', result.ok ? [] : result.errors);
  expect(error).toBeInstanceOf(HoldpointError);
  expect(error).toMatchObject({ kind: 'bad_input', where: { file: 'p.yaml', line: 3, column: 1, path: 'chekcs' } });
  expect(error.message).toBe('The plan has a mistake:\np.yaml:3:1 chekcs: unknown key "chekcs" (did you mean "checks"?)');
});
