/** Every write twice: an activity may run again after its work was done. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findCheckpoint, insertCheckpoint, checkpointRows } from '../../src/db/checkpoints.ts';
import { decisionOf, decisionRows, insertDecision } from '../../src/db/decisions.ts';
import type { NewDecision } from '../../src/db/decisions.ts';
import { changesOfTurn } from '../../src/db/diff.ts';
import { eventsOf, noteEvent } from '../../src/db/events.ts';
import { baselineOf, evidenceOf, insertBaseline, insertEvidence } from '../../src/db/evidence.ts';
import { changeTotals, insertChanges } from '../../src/db/file-changes.ts';
import { claimLease } from '../../src/db/leases.ts';
import { insertReview, reviewsOf } from '../../src/db/reviews.ts';
import { insertWeakenings, weakeningsOf } from '../../src/db/weakenings.ts';
import { insertRun, runsOfTurn, updateRun } from '../../src/db/runs.ts';
import type { Db } from '../../src/db/transaction.ts';
import { finishTurn, insertTurn, previousTurn, turn } from '../../src/db/turns.ts';
import type { CheckEvidence } from '../../src/domain/evidence.ts';
import type { ReviewOutcome } from '../../src/domain/review.ts';
import { AT, beginProject, beginTurn, openTestDb } from './fixture.ts';
import { changeOf } from './changes.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

async function twice<T>(work: () => Promise<T>): Promise<void> {
  await work();
  await work();
}

const CHECKPOINT = { tree: 'tree-1', sidecar: 'side-1', files: 3, bytes: 5_000_000_000, notCovered: ['big.bin: too large'] };

const CHECK: CheckEvidence = {
  name: 'test', exitCode: 1, durationMs: 1234.4, timedOut: false, tail: 'not ok\0', tree: 't', treeAfter: 't',
  required: true, expect: 'pass', outcome: 'newlyFailing', met: false, baselineExitCode: 0,
};

test('a turn begins once: the first prompt and tree stay', async () => {
  const { turn: ref } = await beginProject(db, 'turns');
  const again = { ...ref, prompt: 'another', sessionId: 'other', resume: true, note: 'n', treeBefore: 'other' };
  await twice(() => insertTurn(db, again));
  expect(await turn(db, ref)).toMatchObject({ ...ref, prompt: 'please', sessionId: 'session-1', treeBefore: 'tree-0', outcome: null, endedAt: null });
  expect(await previousTurn(db, ref)).toBeUndefined();
  expect((await previousTurn(db, { ...ref, turn: 2 }))?.turn).toBe(1);
  await expect(turn(db, { ...ref, turn: 9 })).rejects.toMatchObject({ kind: 'unknown_target' });
});

test('a turn ends with the sums of its runs, and keeps what a later call does not name', async () => {
  const { turn: ref, key } = await beginProject(db, 'ends');
  const second = await insertRun(db, { ...ref, install: 'test', seq: 2, host: 'local', spec: {} });
  await twice(() => updateRun(db, key, { costUsd: 0.1, toolCalls: 2, inputTokens: 10, outputTokens: 1 }));
  await updateRun(db, second.runKey, { costUsd: 0.2, toolCalls: 1, inputTokens: 20, outputTokens: 2 });
  await twice(() => finishTurn(db, ref, { outcome: { kind: 'completed', text: 'done\0' }, message: 'done' }));
  await twice(() => finishTurn(db, ref, { treeAfter: 'tree-1', changedFiles: 4 }));
  expect(await turn(db, ref)).toMatchObject({
    outcome: { kind: 'completed', text: 'done\ufffd' }, message: 'done', costUsd: 0.3, toolCalls: 3, inputTokens: 30, outputTokens: 3,
    treeAfter: 'tree-1', changedFiles: 4,
  });
  await finishTurn(db, ref, { costUsd: 7 });
  expect((await turn(db, ref)).costUsd).toBe(7);
});

test('a run that has ended does not go back, and a lost one may turn out to have ended', async () => {
  const { turn: ref, key } = await beginProject(db, 'runs');
  const process = { pid: 42, startTicks: 9_000_000_000 };
  const exit = { code: 0, signal: null, reason: 'exited', message: null, at: AT } as const;
  await updateRun(db, key, { state: { kind: 'running', process, startedAt: AT } });
  await updateRun(db, key, { state: { kind: 'lost', process: null, startedAt: AT } });
  expect(await runsOfTurn(db, ref)).toMatchObject([{ key, seq: 1, state: 'lost', pid: 42, startTicks: 9_000_000_000, exit: null }]);
  await twice(() => updateRun(db, key, { state: { kind: 'exited', process, startedAt: AT, exit } }));
  await updateRun(db, key, { state: { kind: 'running', process, startedAt: AT } });
  await updateRun(db, key, { state: { kind: 'none' } });
  expect(await runsOfTurn(db, ref)).toMatchObject([{ state: 'exited', startedAt: AT, endedAt: AT, exit: { code: 0, reason: 'exited' } }]);
});

test('changes between the same trees are stored once, seen on the way and final apart', async () => {
  const { turn: ref } = await beginProject(db, 'changes');
  const long = `${'d/'.repeat(2_000)}file`;
  const changes = Array.from({ length: 5_001 }, (_, n) => changeOf(`src/${n}.ts`)).concat(changeOf(long, { op: 'rename', from: 'old', added: null, removed: null }));
  const by = { kind: 'tool', tool: 'Edit', toolUseId: 'use-7' } as const;
  const trees = { turn: ref, treeFrom: 'a', treeTo: 'b' };
  await insertChanges(db, { ...trees, observedBy: 'watcher', final: false, changes: [{ ...changeOf('src/0.ts'), by }] });
  await twice(() => insertChanges(db, { ...trees, observedBy: 'checkpoint', final: true, changes }));
  await insertChanges(db, { ...trees, observedBy: 'watcher', final: false, changes: [] });

  const stored = await changesOfTurn(db, ref);
  expect(stored).toHaveLength(5_002);
  expect(stored.find((change) => change.path === 'src/0.ts')).toEqual({ ...changeOf('src/0.ts'), by });
  expect(stored.find((change) => change.path === long)).toMatchObject({ op: 'rename', from: 'old', added: null, by: { kind: 'other' } });
  expect((await changeTotals(db, ref)).files).toBe(5_002);

  await insertChanges(db, { ...trees, treeTo: 'c', observedBy: 'checkpoint', final: true, changes: [changeOf('last')] });
  expect((await changesOfTurn(db, ref)).map(({ path }) => path)).toEqual(['last']);
});

test('changes of a turn that does not exist are refused, not lost', async () => {
  const { turn: ref } = await beginProject(db, 'no-turn');
  const none = { turn: { ...ref, turn: 5 }, treeFrom: 'a', treeTo: 'b', observedBy: 'scan', final: false, changes: [changeOf('x')] } as const;
  await expect(insertChanges(db, none)).rejects.toMatchObject({ code: '23502' });
  await expect(insertEvidence(db, none.turn, [CHECK])).rejects.toMatchObject({ code: '23514' });
  await expect(insertCheckpoint(db, { kind: 'before', ...none.turn }, CHECKPOINT)).rejects.toMatchObject({ code: '23514' });
});

test('checkpoints: the first before, the last after, one baseline', async () => {
  const { turn: ref } = await beginProject(db, 'points');
  const { project, milestone, epoch } = ref;
  await twice(() => insertCheckpoint(db, { kind: 'baseline', project, milestone, epoch }, { ...CHECKPOINT, tree: 'base' }));
  await insertCheckpoint(db, { kind: 'before', ...ref }, CHECKPOINT);
  await insertCheckpoint(db, { kind: 'before', ...ref }, { ...CHECKPOINT, tree: 'later' });
  await insertCheckpoint(db, { kind: 'after', ...ref }, CHECKPOINT);
  await insertCheckpoint(db, { kind: 'after', ...ref }, { ...CHECKPOINT, tree: 'later' });
  expect(await findCheckpoint(db, { kind: 'before', ...ref })).toEqual({ ...CHECKPOINT, id: expect.stringMatching(/^\d+$/) });
  expect(await findCheckpoint(db, { kind: 'baseline', project, milestone, epoch })).toMatchObject({ tree: 'base' });
  const rows = await checkpointRows(db, { project });
  expect(rows.map(({ kind, tree, task, turn: number }) => [kind, tree, task, number])).toEqual([
    ['baseline', 'base', null, null], ['before', 'tree-1', 'ascii', 1], ['after', 'later', 'ascii', 1],
  ]);
  expect(rows[1]).toEqual({
    id: expect.stringMatching(/^\d+$/), tree: 'tree-1', milestone: 'slugs', task: 'ascii', turn: 1, kind: 'before',
    at: expect.stringMatching(/Z$/), files: 3, bytes: 5_000_000_000, notCovered: ['big.bin: too large'],
  });
  expect(await checkpointRows(db, { project, milestone, task: 'ascii' })).toHaveLength(2);
  expect(await checkpointRows(db, { project, milestone: 'other' })).toEqual([]);
});

test('evidence and baseline stay as first measured', async () => {
  const { turn: ref } = await beginProject(db, 'evidence');
  await twice(() => insertBaseline(db, ref, [CHECK]));
  await insertBaseline(db, ref, [{ ...CHECK, exitCode: 9 }]);
  await twice(() => insertEvidence(db, ref, [CHECK, { ...CHECK, name: 'lint', exitCode: null, outcome: 'timeout' }]));
  expect(await baselineOf(db, ref)).toEqual([{
    name: 'test', exitCode: 1, durationMs: 1234, timedOut: false, tail: 'not ok\ufffd', tree: 't', treeAfter: 't',
  }]);
  const stored = await evidenceOf(db, ref);
  expect(stored.map((check) => [check.name, check.exitCode, check.outcome])).toEqual([['test', 1, 'newlyFailing'], ['lint', null, 'timeout']]);
  expect(stored[0]).toEqual({ ...CHECK, durationMs: 1234, tail: 'not ok\ufffd' });
});

test('what tests reported and what a check changed come back as they were', async () => {
  const { turn: ref } = await beginProject(db, 'reports');
  const counts = { passed: 2, failed: 1, skipped: 1, total: 4, assertions: 9 };
  const report = { kind: 'read', format: 'tap', counts, failing: ['a › b'], complete: true } as const;
  const changed = { files: 2, paths: ['coverage/index.html'], beside: ['lint'] };
  const tests = { newlyFailing: ['a › b'], stillFailing: [], fixed: ['c'], flaky: [] };
  const [plain, full] = [{ ...CHECK, name: 'plain' }, { ...CHECK, report: { ...report, failing: ['a › b'] }, changed, baselineCounts: counts, tests }];
  await insertBaseline(db, ref, [full]);
  await insertEvidence(db, ref, [plain, full, { ...plain, name: 'docs', outcome: 'skipped', met: true, exitCode: null }]);
  expect(await baselineOf(db, ref)).toMatchObject([{ report, changed }]);
  const stored = await evidenceOf(db, ref);
  expect(stored.map((check) => ({ ...check, tail: 'not ok\0', durationMs: CHECK.durationMs })).slice(0, 2)).toEqual([plain, full]);
  expect(stored[2]?.outcome).toBe('skipped');
});

test('weaker evidence is what was found last, in its order', async () => {
  const { turn: ref } = await beginProject(db, 'weaker');
  const found = (['testsRemoved', 'lockedPath'] as const).map((kind) => ({ kind, path: `${kind} \0`, before: 3, after: null, text: 'gone', accepted: null }));
  await insertWeakenings(db, ref, [...found, ...found]);
  await twice(() => insertWeakenings(db, ref, found));
  expect(await weakeningsOf(db, ref)).toEqual(found.map((one) => ({ ...one, path: `${one.kind} \ufffd` })));
  await insertWeakenings(db, ref, []);
  expect(await weakeningsOf(db, ref)).toEqual([]);
});

test('a review replaces an unavailable one and is then kept', async () => {
  const { turn: ref } = await beginProject(db, 'reviews');
  const review = { requirementsMet: [], issues: [{ severity: 'major', text: 'x' }], alternatives: [], quality: 0.9, confidence: 0.8 } as const;
  const unavailable: ReviewOutcome = { kind: 'unavailable', reason: 'unreachable', message: 'no\0', model: 'tiny', tries: 3 };
  const reviewed: ReviewOutcome = { kind: 'reviewed', review: { ...review, issues: [...review.issues], alternatives: [], requirementsMet: [] }, model: 'tiny', promptHash: 'h', durationMs: 5, tries: 1 };
  const asked = (outcome: ReviewOutcome, reviewer = 'ollama') => ({ reviewer, outcome });
  expect(await reviewsOf(db, ref)).toEqual([]);
  await twice(() => insertReview(db, ref, asked(unavailable)));
  expect(await reviewsOf(db, ref)).toEqual([asked({ ...unavailable, message: 'no\ufffd' })]);
  await twice(() => insertReview(db, ref, asked(reviewed)));
  await insertReview(db, ref, asked(unavailable));
  expect(await reviewsOf(db, ref)).toEqual([asked(reviewed)]);
});

test('each reviewer has a review of its own, with what its prompt was made of', async () => {
  const { turn: ref } = await beginProject(db, 'reviewers');
  const reviewed = (model: string): ReviewOutcome =>
    ({ kind: 'reviewed', review: { requirementsMet: [], issues: [], alternatives: [], quality: 0.5, confidence: 0.5 }, model, promptHash: 'h', durationMs: 5, tries: 1, modelTokens: 90 });
  const prompt = { templates: 'abc', windowTokens: 2_048, tokens: 80, notShown: ['a\0.js', 'b.js'] };
  await insertReview(db, ref, { reviewer: 'ollama', outcome: reviewed('large') }, prompt);
  await twice(() => insertReview(db, ref, { reviewer: 'ollama', outcome: reviewed('small') }));
  await insertReview(db, ref, { reviewer: 'another', outcome: reviewed('small') });
  expect((await reviewsOf(db, ref)).map(({ reviewer, outcome }) => [reviewer, outcome.model])).toEqual([['another', 'small'], ['ollama', 'large'], ['ollama', 'small']]);
  expect(await reviewsOf(db, ref)).toMatchObject([{}, { outcome: { modelTokens: 90, notShown: 2 } }, {}]);
  expect(await db.selectFrom('review').select(['templates', 'window_tokens', 'prompt_tokens', 'not_shown']).where('model', '=', 'large').execute())
    .toEqual([{ templates: 'abc', window_tokens: 2_048, prompt_tokens: 80, not_shown: ['a\ufffd.js', 'b.js'] }]);
});

test('a decision is stored once per set of inputs, with all of them', async () => {
  const { turn: ref } = await beginProject(db, 'decisions');
  const scores = { quality: 0.4, confidence: null, parts: [{ name: 'tests', weight: 1, score: 0.4 } as const], confidenceParts: [] };
  const made: NewDecision = {
    decision: { kind: 'retry', feedback: 'npm test failed' }, rule: 'check_failed_retry', reason: 'test fails', facts: { seq: 1, text: '\0' }, scores, wouldChange: [{ check: 'test' }],
  };
  await twice(() => insertDecision(db, ref, made));
  await insertDecision(db, ref, { ...made, facts: { seq: 2 }, decision: { kind: 'wait', until: AT, breakpoint: 'rate_limit_hit' }, rule: 'limited' });
  const rows = await decisionRows(db, { project: 'decisions' });
  expect(rows).toHaveLength(2);
  expect(rows[0]).toEqual({
    milestone: 'slugs', epoch: 1, task: 'ascii', turn: 1, decision: 'retry', rule: 'check_failed_retry', breakpoint: null, feedback: 'npm test failed', until: null,
    reason: 'test fails', facts: { seq: 1, text: '\ufffd' }, scores, wouldChange: [{ check: 'test' }], at: expect.stringMatching(/Z$/),
  });
  expect(await decisionOf(db, ref)).toMatchObject({ decision: 'wait', until: AT, rule: 'limited' });
});

test('an event is noted once per key and kind', async () => {
  await beginProject(db, 'events');
  await twice(() => noteEvent(db, { project: 'events', kind: 'watch_failed', message: 'm\0', key: 'run-1' }));
  await noteEvent(db, { project: 'events', milestone: 'slugs', kind: 'run_cancelled', message: 'm', key: 'run-1' });
  expect((await eventsOf(db, { project: 'events' })).map(({ kind, message }) => [kind, message])).toEqual([['watch_failed', 'm\ufffd'], ['run_cancelled', 'm']]);
  expect(await eventsOf(db, { project: 'events', milestone: 'slugs' })).toHaveLength(1);
});

test('of a milestone that ran twice, a target means the latest run', async () => {
  const { turn: ref } = await beginProject(db, 'epochs');
  await insertCheckpoint(db, { kind: 'before', ...ref }, CHECKPOINT);
  const lease = { host: 'local', workspace: '/srv/epochs', project: 'epochs', milestone: 'slugs', holder: 'second-run' };
  const later = await beginTurn(db, { ...ref, ...(await claimLease(db, lease)) });
  await insertCheckpoint(db, { kind: 'before', ...later.turn }, { ...CHECKPOINT, tree: 'second-run' });
  expect((await checkpointRows(db, { project: 'epochs', milestone: 'slugs', task: 'ascii', turn: 1 })).map((row) => row.tree)).toEqual(['second-run']);
});
