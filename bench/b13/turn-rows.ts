/** All rows of a supervised turn, written by the functions that the activities write them with. */
import { appendLines } from '../../src/db/agent-events.ts';
import { insertCheckpoint } from '../../src/db/checkpoints.ts';
import { insertDecision } from '../../src/db/decisions.ts';
import { insertEvidence } from '../../src/db/evidence.ts';
import { insertChanges } from '../../src/db/file-changes.ts';
import { insertReviewPrompt } from '../../src/db/review-prompts.ts';
import { insertReview } from '../../src/db/reviews.ts';
import { insertRun, updateRun } from '../../src/db/runs.ts';
import { recordStates } from '../../src/db/states.ts';
import type { Db } from '../../src/db/transaction.ts';
import { finishTurn, insertTurn } from '../../src/db/turns.ts';
import type { CheckEvidence } from '../../src/domain/evidence.ts';
import type { Change } from '../../src/domain/host-api.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { HOST } from './plan.ts';

const LINES = 40;
const FILES = 4;
const CHECKS = 2;
const AT = '2026-11-01T10:00:00.000Z';

export const RUN_ID = 'bench-run';

const tree = (turn: TurnRef, side: string): string => `${turn.project}/${turn.task}.${turn.turn}-${side}`;

const changes = (turn: TurnRef): Change[] => Array.from({ length: FILES }, (_, n) => ({
  path: `src/${turn.task}/file-${n}.ts`, op: 'modify', mode: '100644', shaBefore: tree(turn, `a${n}`), shaAfter: tree(turn, `b${n}`),
  sizeBefore: 4_000, sizeAfter: 4_100, added: 10, removed: 7,
}));

const evidence = (turn: TurnRef): CheckEvidence[] => Array.from({ length: CHECKS }, (_, n) => ({
  name: `check-${n}`, exitCode: 0, durationMs: 1_000, timedOut: false, tail: 'ok 1 - works\n'.repeat(80), tree: tree(turn, 'after'), treeAfter: tree(turn, 'after'),
  required: true, expect: 'pass', outcome: 'pass', met: true, baselineExitCode: 0,
}));

async function stream(db: Db, runKey: string): Promise<void> {
  const json = { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'a sentence about the work '.repeat(30) }] } };
  const raw = Buffer.from(`${JSON.stringify(json)}\n`);
  const lines = Array.from({ length: LINES }, (_, n) => ({ offset: n * raw.length, raw, kind: 'text' as const, json, text: json.message.content[0]?.text ?? '', at: AT }));
  await appendLines(db, { runKey, from: 0, to: LINES * raw.length, lines });
}

async function agentRows(db: Db, turn: TurnRef): Promise<void> {
  const checkpoint = { sidecar: 's'.repeat(40), files: 400, bytes: 2_000_000, notCovered: [] };
  await insertTurn(db, { ...turn, prompt: 'A prompt of some length. '.repeat(160), sessionId: 'session', resume: false, note: null, treeBefore: tree(turn, 'before') });
  await insertCheckpoint(db, { ...turn, kind: 'before' }, { ...checkpoint, tree: tree(turn, 'before') });
  const { runKey } = await insertRun(db, { ...turn, install: 'bench', seq: 1, host: HOST, spec: { argv: ['claude', '-p'], sessionId: 'session' } });
  await stream(db, runKey);
  const between = { turn, treeFrom: tree(turn, 'before'), treeTo: tree(turn, 'after'), changes: changes(turn) };
  await insertChanges(db, { ...between, observedBy: 'watcher', final: false });
  await updateRun(db, runKey, { costUsd: 0.1, inputTokens: 10_000, outputTokens: 2_000, toolCalls: 8 });
  await insertCheckpoint(db, { ...turn, kind: 'after' }, { ...checkpoint, tree: tree(turn, 'after') });
  await insertChanges(db, { ...between, observedBy: 'checkpoint', final: true });
  await finishTurn(db, turn, { outcome: { kind: 'completed', text: 'Done, with tests.' }, message: 'done', treeAfter: tree(turn, 'after'), changedFiles: FILES });
}

async function judgementRows(db: Db, turn: TurnRef): Promise<void> {
  const checks = evidence(turn);
  const review = { requirementsMet: [{ requirement: 'it is done', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.9 };
  const promptHash = 'c'.repeat(64);
  await insertEvidence(db, turn, checks);
  await insertReviewPrompt(db, turn, { system: 'You review code. '.repeat(60), prompt: 'The task and the changes. '.repeat(300), promptHash });
  await insertReview(db, turn, { reviewer: 'ollama', outcome: { kind: 'reviewed', model: 'tiny', promptHash, durationMs: 3_000, tries: 1, review } },
    { templates: '1', windowTokens: 8_192, tokens: 2_000, notShown: [] });
  await insertDecision(db, turn, {
    decision: { kind: 'proceed' }, rule: 'quality_reached', reason: 'All checks are met, and the review is good.', facts: { evidence: checks, review },
    scores: { quality: 0.9, confidence: 0.9, parts: [], confidenceParts: [] }, wouldChange: [],
  });
}

/** The plan must be stored, and the lease be held. */
export async function writeTurn(db: Db, turn: TurnRef): Promise<void> {
  const { project, milestone, task } = turn;
  const of = { project, milestone, workflowId: 'bench', runId: RUN_ID };
  const step = (name: string) => recordStates(db, {
    ...of, key: `${project}/${milestone}/${turn.epoch}/${task}.${turn.turn}/${name}`, events: [{ kind: name, message: `${task} #${turn.turn}: ${name}` }],
  });
  await step('turn_began');
  await agentRows(db, turn);
  await step('turn_ended');
  await judgementRows(db, turn);
  await step('turn_decided');
}
