import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { DOCUMENTS, documentNames, documentSchema, type DocumentName } from '../../src/domain/documents/index.ts';

const AT = '2026-06-01T12:00:00.000Z';

const STATUS = {
  projects: [{
    project: 'p', workflowId: 'holdpoint/p', state: 'waiting', workspace: { host: 'local', path: '/srv/p' }, costUsd: 0.12,
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
const SAMPLES: Record<Exclude<DocumentName, 'plan'>, Record<string, unknown>> = {
  status: STATUS,
  inbox: {
    breakpoints: [{
      id: 'p/m/milestone_completion.1', workflowId: 'holdpoint/p/m', kind: 'milestone_completion', occurrence: 1, priority: 'medium',
        project: 'p',
      milestone: 'm', task: null, turn: null, openedAt: AT, reason: 'All done', actions: ['approve', 'revise', 'abort'],
        noteRequired: ['revise'],
      tree: null, detail: {}, answerWith: { cli: 'holdpoint answer …', temporal: 'temporal workflow signal …' },
    }],
  },
  answer: { breakpoint: 'p/m/milestone_completion.1', action: 'approve', accepted: true, by: 'me', via: 'update', at: AT },
  logs: { at: AT, project: 'p', milestone: 'm', task: 't', turn: 1, run: 'main.p.m.1.t.1.1', offset: 0, kind: 'text', text: 'Hello' },
  diff: {
    from: 'a', to: 'b',
    changes: [{
      path: 'src/x.js', op: 'rename', from: 'src/y.js', mode: '100644', sizeBefore: 1, sizeAfter: 2, added: 1, removed: null,
      by: { kind: 'tool', toolUseId: 'toolu_1', tool: 'Edit' },
    }],
  },
  decisions: {
    decisions: [{ task: 't', turn: 1, decision: 'retry', rule: 'check_failed_retry', facts: {}, scores: { quality: null,
      confidence: null }, wouldChange: [] }],
  },
  checkpoints: { checkpoints: [{ id: 'c1', tree: 'a', task: 't', turn: 1, at: AT, files: 3, bytes: 100,
    notCovered: ['big.bin: too large'] }] },
  doctor: { ok: false, checks: [{ name: 'database', ok: false, detail: 'refused', cure: 'start it' }] },
  validate: { ok: false, errors: [{ path: 'project', line: 1, column: 1, message: 'is missing', suggestion: 'add it' }], warnings: [] },
  start: { project: 'p', workflowId: 'holdpoint/p', runId: 'r', started: true },
  demo: {
    outcome: 'completed', scripted: true, seconds: 30.5, project: 'tinyslug', workspace: '/tmp/x', webUi: null, kept: false,
    addresses: { temporal: '127.0.0.1:7233', namespace: 'default', database: '127.0.0.1:5432', ssh: '127.0.0.1:2222' },
    parts: [{ name: 'temporal', version: '1.0', pid: 1 }], status: STATUS, answered: [{ breakpoint: 'b', action: 'approve', by: 'demo' }],
    checks: [{ name: 'test', exitCode: 0 }], modelRequests: 12, processesLeft: 0,
  },
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
    'answer', 'checkpoints', 'decisions', 'demo', 'diff', 'doctor', 'drill', 'error', 'inbox', 'logs', 'plan', 'start', 'status', 'up', 'validate',
  ]);
  expect(documentSchema('nobody')).toBeUndefined();
  expect(documentSchema('constructor')).toBeUndefined();
});

test('the plan is among them, under its own schema', () => {
  expect(Object.keys((documentSchema('plan')?.['properties'] ?? {}))).toContain('milestones');
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
  'changes.0.from', 'by.toolUseId', 'by.tool', '.cure', '.suggestion', 'error.hint', 'error.where', 'where.file', 'where.line',
    'where.column',
  'where.path', 'error.first', '.reason', '.skipped', 'text', '.detail', '.facts',
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
