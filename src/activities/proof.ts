/**
 * After each turn: is what was recorded what happened? The stored rows, put onto the tree before, must give the tree after, and files
 * that are read anew must be as that says (docs/decisions/0028). A mismatch is told, and the judge asks a person.
 */
import { Context } from '@temporalio/activity';
import { noteEvent } from '../db/events.ts';
import { insertProof, proofsBefore, storedSteps, type StoredStep, type TurnProof } from '../db/proofs.ts';
import type { Change, CheckpointResult, RecordedStep } from '../domain/host-api.ts';
import { holdsMask } from '../domain/redaction.ts';
import type { TurnRef } from '../domain/ids.ts';
import { chainOf } from '../domain/tree-chain.ts';
import { turnTarget } from '../domain/ids.ts';
import type { Deps } from './deps.ts';
import { onHost, type HostCall } from './on-host.ts';
import type { Planned } from './plans.ts';
import { treesOf } from './places.ts';
import { checkpointSettings, fenceOf } from './workspaces.ts';

/** Read anew after one turn: a second or less. A larger tree is read in parts, one after each turn. */
const BYTES_AT_ONCE = 32 * 1024 * 1024;
const FILES_AT_ONCE = 5_000;

interface Asked {
  context: Planned;
  turn: TurnRef;
  before: string;
  after: CheckpointResult;
}

const isMasked = ({ changes }: StoredStep): boolean => changes.some(({ path, from = '' }) => holdsMask(path) || holdsMask(from));

const keyOf = ({ path, op, mode, shaAfter, from = null }: Omit<RecordedStep, 'from'> & { from?: string | null }): string => JSON.stringify([path, op, mode, shaAfter, from]);

/** A path that holds a known secret is stored without it and leads to no tree: such rows are held against the same trees, told again. */
async function unlikeDifference(target: HostCall, { context, before, after }: Asked, recorded: RecordedStep[]): Promise<string | null> {
  const { changes } = await onHost(target, (api) => api.diffTrees({ ...treesOf(context), from: before, to: after.tree }));
  const [stored, told] = [recorded.map(keyOf).sort(), changes.map(keyOf).sort()];
  const at = Array.from({ length: Math.max(stored.length, told.length) }).findIndex((_, n) => stored[n] !== told[n]);
  return at < 0 ? null : (JSON.parse(told[at] ?? stored[at] ?? '[""]') as [string])[0];
}

/** The final rows, and the way over what was seen meanwhile as far as it leads. */
async function proveRows(deps: Deps, target: HostCall, asked: Asked): Promise<Pick<TurnProof, 'steps' | 'wrong'>> {
  const { context, turn, before, after } = asked;
  const stored = await storedSteps(deps.db, turn);
  const differsAt = async (to: string, steps: StoredStep[]): Promise<string | null> =>
    (await onHost(target, (api) => api.replayChanges({ ...treesOf(context), from: before, to, steps: steps.map(({ changes }) => changes) }))).differs;
  const rows = stored.filter(({ final }) => final);
  const seen = stored.filter((step) => !step.final && !isMasked(step));
  const way = chainOf(seen, before, after.tree);
  const reached = way.steps.at(-1)?.to ?? before;
  const ofEnd = rows.some(isMasked) ? await unlikeDifference(target, asked, rows.flatMap(({ changes }) => changes)) : await differsAt(after.tree, rows);
  const onTheWay = await differsAt(reached, way.steps);
  const wrong = [
    ...(ofEnd === null ? [] : [`the recorded changes do not lead from the checkpoint before to the one after: ${ofEnd}`]),
    ...(onTheWay === null ? [] : [`the changes recorded while the turn ran do not lead to the trees they name: ${onTheWay}`]),
  ];
  return { steps: seen.length === 0 ? 'none' : way.isWhole ? 'whole' : 'gap', wrong };
}

async function proveFiles(deps: Deps, target: HostCall, { context, turn, after }: Asked): Promise<Omit<TurnProof, 'steps'> & { retake: boolean }> {
  const { tree, bytes, files } = after;
  const parts = Math.max(1, Math.ceil(bytes / BYTES_AT_ONCE), Math.ceil(files / FILES_AT_ONCE));
  const part = (await proofsBefore(deps.db, turn)) % parts;
  const request = { ...fenceOf(context, turn), ...checkpointSettings(context), tree, part, parts };
  return { tree, part, parts, ...(await onHost(target, (api) => api.verifyTree(request))) };
}

export interface Proven {
  proof: TurnProof;
  /** The checkpoint is wrong about files, and the next one is not. */
  retake: boolean;
}

/** May be repeated. Nothing is stored. */
export async function prove(deps: Deps, target: HostCall, asked: Asked): Promise<Proven> {
  const [rows, { retake, ...found }] = [await proveRows(deps, target, asked), await proveFiles(deps, target, asked)];
  return { proof: { ...found, ...rows, wrong: [...rows.wrong, ...found.wrong] }, retake };
}

const MOST_DAMAGED = 20;

/** Of changes that are told without what stored contents would have said of them: a line each, the first ones. */
export const damageIn = (changes: readonly Change[]): string[] =>
  changes.flatMap(({ path, damaged = [] }) => damaged.map((id) => `${path}: its lines are not counted, the stored object ${id} is missing or damaged`)).slice(0, MOST_DAMAGED);

/** Of what changed before the turn began, which is no part of its record. May be repeated. */
export async function noteDamage(deps: Deps, turn: TurnRef, tree: string, damage: readonly string[]): Promise<void> {
  if (damage.length > 0) await noteUnproven(deps, turn, tree, `what changed before ${turnTarget(turn)} is not known in full: ${damage.join('; ')}`, 'before');
}

/** Stores it; what is wrong is an event and an error of the worker's log as well. May be repeated. */
export async function keepProof(deps: Deps, turn: TurnRef, proof: TurnProof): Promise<void> {
  await insertProof(deps.db, turn, proof);
  if (proof.wrong.length === 0) return;
  await noteUnproven(deps, turn, proof.tree, `the record of ${turnTarget(turn)} is not what happened: ${proof.wrong.join('; ')}`);
}

async function noteUnproven(deps: Deps, turn: TurnRef, tree: string, message: string, ...more: string[]): Promise<void> {
  Context.current().log.error(message, { tree });
  const { project, milestone, epoch, task } = turn;
  await noteEvent(deps.db, { project, milestone, kind: 'record_unproven', message, key: [project, milestone, epoch, task, turn.turn, tree, ...more].join('/') });
}
