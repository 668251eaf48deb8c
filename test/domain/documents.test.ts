import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { DOCUMENTS, documentNames, documentSchema, type DocumentName } from '../../src/domain/documents/index.ts';

const AT = '2026-06-01T12:00:00.000Z';

const STATUS = {
  projects: [{
    project: 'p', workflowId: 'holdpoint/p', state: 'waiting', workspace: { host: 'local', path: '/srv/p', watch: 'inotify' }, costUsd: 0.12,
    milestones: [{
      id: 'm', workflowId: 'holdpoint/p/m', state: 'waiting', waitingFor: ['p/m/milestone_completion.1'], waitingSince: AT,
      tasks: [{
        id: 't', state: 'completed', dependsOn: [], priority: 5, quality: 0.9, confidence: null, costUsd: 0.12, changedFiles: 1,
        turns: [{
          turn: 1, outcome: 'completed', decision: 'proceed', rule: 'quality_reached', checks: [{ name: 'test', exitCode: 0,
            outcome: 'fixed' }],
          runs: [{ key: 'main.p.m.1.t.1.1', state: 'exited', pid: 42, startedAt: AT }],
        }],
      }],
    }],
  }],
};

/** One of each, with the fields that outside programs rely on. */
const SAMPLES: Record<Exclude<DocumentName, 'plan' | 'answer-file'>, Record<string, unknown>> = {
  status: STATUS,
  inbox: {
    breakpoints: [{
      id: 'p/m/milestone_completion.1', workflowId: 'holdpoint/p/m', kind: 'milestone_completion', occurrence: 1, priority: 'medium',
        project: 'p',
      milestone: 'm', task: null, turn: null, openedAt: AT, reason: 'All done', actions: ['approve', 'revise', 'abort'],
        noteRequired: ['revise'],
      tree: null, automatic: null, reminders: 0, remindedAt: null, escalatedAt: AT, detail: {},
      answerWith: { cli: 'holdpoint answer …', temporal: 'temporal workflow signal …' },
    }],
  },
  answer: { breakpoint: 'p/m/milestone_completion.1', action: 'approve', accepted: true, by: 'me', via: 'update', at: AT },
  answered: {
    breakpoints: [{
      id: 'p/m/milestone_completion.1', workflowId: 'holdpoint/p/m', kind: 'milestone_completion', occurrence: 1, priority: 'medium', project: 'p',
      milestone: 'm', task: null, turn: null, openedAt: AT, reason: 'All done', actions: ['approve'], noteRequired: [],
      tree: null, automatic: null, reminders: 0, remindedAt: null, escalatedAt: null, detail: {}, closedAt: null,
      answer: { action: 'approve', note: null, by: 'me', via: 'signal', at: AT, refused: 'files have changed' },
    }],
  },
  answers: {
    answers: [{
      breakpoint: 'b', action: 'approve', accepted: false, by: 'me', via: 'update', at: AT,
      error: { kind: 'already_answered', message: 'too late', hint: 'see inbox', first: { action: 'approve', by: 'you', at: AT } },
    }],
  },
  extend: { target: 'p/m/t', accepted: true, by: 'me', via: 'update', at: AT },
  logs: { at: AT, project: 'p', milestone: 'm', task: 't', turn: 1, run: 'main.p.m.1.t.1.1', offset: 0, kind: 'text', text: 'Hello' },
  transcript: { turn: 'p/m/t.1', session: 's', sha256: 'a', hidden: false, text: '{}\n' },
  diff: {
    from: 'a', to: 'b',
    changes: [{
      path: 'src/x.js', op: 'rename', from: 'src/y.js', mode: '100644', sizeBefore: 1, sizeAfter: 2, added: 1, removed: null,
      by: { kind: 'tool', toolUseId: 'toolu_1', tool: 'Edit' },
    }],
  },
  compare: {
    a: {
      target: 'p/m/t.1', from: 'a', to: 'b', turns: 1, runs: 1, costUsd: 0.1, quality: 0.8, confidence: null, checks: [{ name: 'test', outcome: 'fixed', exitCode: 0 }],
      changedFiles: 1, added: 1, removed: 0, decisions: [{ task: 't', turn: 1, decision: 'proceed', rule: 'quality_reached', reason: 'good' }],
    },
    b: { target: 'p/m/t.2', from: 'b', to: null, turns: 1, runs: 1, costUsd: 0, quality: null, confidence: null, checks: [], changedFiles: 0, added: 0, removed: 0, decisions: [] },
    opposed: { checks: 'a', quality: 'b' }, sameTree: false,
    changes: [{ path: 'x', op: 'add', mode: '100644', sizeBefore: 0, sizeAfter: 2, added: 1, removed: 0 }],
  },
  'diff-line': {
    at: AT, project: 'p', milestone: 'm', task: 't', turn: 1, final: false, trees: { from: 'a', to: 'b' },
    path: 'src/x.js', op: 'modify', mode: '100644', sizeBefore: 1, sizeAfter: 2, added: 1, removed: null,
    by: { kind: 'tool', toolUseId: 'toolu_1', tool: 'Edit' },
  },
  blame: {
    project: 'p', path: 'src/x.js', tree: 'a', forgotten: 0,
    lines: [{ line: 1, text: 'x', path: 'src/y.js', by: { kind: 'tool', milestone: 'm', task: 't', turn: 1, toolUseId: 'toolu_1', tool: 'Edit' } }],
  },
  fork: { target: 'p/m-fork-1', from: 'p/m/t.1', workflowId: 'holdpoint/p/m-fork-1', host: 'local', path: '/srv/p.m-fork-1', branch: 'holdpoint/p/m-fork-1', tree: 'a', effects: ['t #2: git push: pushes to a server'], moreEffects: 0, session: true },
  decisions: {
    decisions: [{ task: 't', turn: 1, decision: 'retry', rule: 'check_failed_retry', facts: {}, scores: { quality: null,
      confidence: null }, wouldChange: [] }],
    restores: [{ milestone: 'm', checkpoint: '7', taken: 'before t #1', undo: '9', paths: ['src'], by: 'me', at: AT, exact: true, question: null, worktree: null }],
  },
  'checkpoint-taken': { project: 'p', milestone: 'm', id: '7', tree: 'a', files: 2, bytes: 10, notCovered: ['big.bin: too large'], moreNotCovered: 0 },
  restore: {
    project: 'p', milestone: 'm', checkpoint: '7', taken: 'before t #1', dryRun: false, restored: true, files: 1, changes: [{ op: 'delete', path: 'x' }],
    effects: ['t #1: git push: pushes to a server'], moreEffects: 0, undo: '9', exact: false, notRestored: [{ path: 'y', reason: 'is excluded by the plan' }], moreNotRestored: 0,
  },
  rejudge: {
    differing: 1,
    decisions: [{
      milestone: 'm', task: 't', turn: 1, at: AT, differs: true, reason: 'too low',
      before: { decision: 'proceed', breakpoint: null, rule: 'quality_reached', quality: 0.8, confidence: null },
      after: { decision: 'clarify', breakpoint: null, rule: 'clarify', quality: 0.8, confidence: 0.7 },
      custom: [{ name: 'a', value: true, error: 'no' }], review: { kind: 'reviewed', model: 'm', quality: 0.8, confidence: 0.7, message: 'no' },
    }],
  },
  metrics: {
    projects: [{
      project: 'p', turns: 1, runs: 1, tasks: 1, attempts: { mean: 1, max: 1 }, costUsd: 0.1, inputTokens: 1, outputTokens: 1,
      outcomes: [{ outcome: 'completed', turns: 1 }], decisions: [{ rule: 'quality_reached', decision: 'proceed', count: 1 }],
      breakpoints: [{ kind: 'milestone_completion', asked: 1, open: 0, answered: 1, byPerson: 1, waitedMs: { p50: 1, p90: 1, max: 1 } }],
      calibration: {
        samples: 1, predicted: 0.9, observed: 1, brier: 0.01, takes: 0, needed: 20, why: { stood: 1 },
        bins: [{ from: 0.8, to: 1, samples: 1, predicted: 0.9, observed: 1 }],
      },
    }],
  },
  checkpoints: { checkpoints: [{ id: 'c1', tree: 'a', task: 't', turn: 1, at: AT, files: 3, bytes: 100,
    notCovered: ['big.bin: too large'] }] },
  'checkpoints-verify': {
    ok: false, stores: [{ project: 'p', workspace: { host: 'local', path: '/srv/p' }, part: 3, parts: 16, checkpoints: 5, objects: 100, bytes: 2000,
      damaged: [{ id: 'a', reason: 'is missing' }] }],
  },
  doctor: { ok: false, checks: [{ name: 'database', ok: false, detail: 'refused', cure: 'start it' }] },
  validate: { ok: false, errors: [{ path: 'project', line: 1, column: 1, message: 'is missing', suggestion: 'add it' }], warnings: [] },
  start: { project: 'p', workflowId: 'holdpoint/p', runId: 'r', started: true },
  'plan-apply': {
    project: 'p', from: 'a', to: 'b', applied: true, changes: [{ what: 'setting', kind: 'edited', target: 'policy.gate', fields: [], before: '0.7', after: '0.8' }],
  },
  demo: {
    outcome: 'completed', scripted: true, seconds: 30.5, project: 'tinyslug', workspace: '/tmp/x', webUi: null, kept: false,
    addresses: { temporal: '127.0.0.1:7233', namespace: 'default', database: '127.0.0.1:5432', ssh: '127.0.0.1:2222' },
    parts: [{ name: 'temporal', version: '1.0', pid: 1 }], status: STATUS, answered: [{ breakpoint: 'b', action: 'approve', by: 'demo' }],
    checks: [{ name: 'test', exitCode: 0 }], modelRequests: 12, processesLeft: 0,
  },
  steer: { target: 'p', accepted: true, reached: [{ milestone: 'm', when: 'turn' }] },
  notify: { channels: [{ name: 'team', kind: 'webhook', sent: false, error: 'the webhook answered 404' }] },
  drill: {
    ok: false, seed: 7, host: 'local', seconds: 50.1, leftBehind: ['service: it does not end'],
    faults: [{
      fault: 'worker-kill', injectedAt: AT, seenInMs: 5_900, recoveredInMs: 6_400, written: 600, stored: 599, lost: 1, duplicated: 0, outSha256: 'a'.repeat(64),
      rowsSha256: 'b'.repeat(64), survivors: [42], proof: 'marker', ok: false, seen: 'another worker went on', reason: '1 of 600 lines are not stored',
      skipped: 'no',
    }],
  },
  up: { ready: true, temporal: '127.0.0.1:7233', webUi: 'http://127.0.0.1:8233', database: '127.0.0.1:5432' },
  error: {
    error: {
      kind: 'already_answered', message: 'too late', hint: 'see inbox', where: { file: 'p.yaml', line: 1, column: 1, path: 'a' },
      first: { action: 'approve', by: 'you', at: AT },
    },
  },
};

const compile = (name: string) => new Ajv({ strict: false, validateFormats: false }).compile(documentSchema(name) ?? false);

test('the names are those of the contract', () => {
  expect([...documentNames].sort()).toEqual([
    'answer', 'answer-file', 'answered', 'answers', 'blame', 'checkpoint-taken', 'checkpoints', 'checkpoints-verify', 'compare', 'decisions', 'demo', 'diff', 'diff-line', 'doctor', 'drill', 'error', 'extend', 'fork', 'inbox', 'logs', 'metrics', 'notify', 'plan', 'plan-apply', 'rejudge', 'restore', 'start', 'status', 'steer', 'transcript', 'up', 'validate',
  ]);
  expect(documentSchema('nobody')).toBeUndefined();
  expect(documentSchema('constructor')).toBeUndefined();
});

test('the plan is among them, under its own schema', () => {
  expect(Object.keys((documentSchema('plan')?.['properties'] ?? {}))).toContain('milestones');
});

test('what people write into a file of answers is held against its schema', () => {
  const validate = compile('answer-file');
  expect(validate([{ breakpoint: 'b', action: 'approve', note: 'good', tree: 't' }, { breakpoint: 'c', action: 'abort' }])).toBe(true);
  for (const wrong of [{}, [{ breakpoint: 'b' }], [{ breakpoint: 'b', action: 'approve', note: 1 }]]) expect(validate(wrong)).toBe(false);
});

describe.each(Object.entries(SAMPLES))('%s', (name, sample) => {
  test('holds all that the contract names', () => {
    const validate = compile(name);
    expect(validate(sample) ? [] : validate.errors).toEqual([]);
    expect(DOCUMENTS[name as keyof typeof DOCUMENTS].parse(sample)).toEqual(sample);
  });

  test('may gain a field, may not lose one', () => {
    const validate = compile(name);
    expect(validate({ ...sample, addedLater: 1 })).toBe(true);
    for (const { less, at } of withoutOne(sample)) {
      if (!OPTIONAL.some((end) => at.endsWith(end))) expect({ at, valid: validate(less) }).toEqual({ at, valid: false });
    }
  });
});

/** Fields that may be absent, by the end of their path. */
const OPTIONAL = [
  '.forkOf', 'changes.0.from', 'by.milestone', 'by.task', 'by.turn', 'changes.0.before', 'changes.0.after', 'by.toolUseId', 'by.tool', '.cure', '.suggestion', 'error.hint', 'error.where', 'where.file', 'where.line',
    'where.column',
  'where.path', 'error.first', '.refused', '.custom', '.value', '.error', '.review', '.message', '.why.stood', 'faults.0.reason', '.skipped', 'text', '.detail', '.facts', 'restores',
];

/** The sample as often as it has fields, each time without one of them. */
function* withoutOne(value: unknown, above = ''): Generator<{ less: unknown; at: string }> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const at = above === '' ? key : `${above}.${key}`;
    const copy = (replaced: unknown): unknown =>
      (Array.isArray(value) ? value.with(Number(key), replaced) : { ...value, [key]: replaced });
    if (!Array.isArray(value)) yield { less: Object.fromEntries(Object.entries(value).filter(([other]) => other !== key)), at };
    for (const inner of withoutOne(member, at)) yield { less: copy(inner.less), at: inner.at };
  }
}
