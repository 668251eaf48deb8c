/** What other lines of a task have come to, as far as a person has not decided about it already. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonText } from '../../src/db/columns.ts';
import { dropFork, insertFork } from '../../src/db/forks.ts';
import { siblingsOf } from '../../src/db/siblings.ts';
import type { Db } from '../../src/db/transaction.ts';
import type { DecisionKind } from '../../src/domain/decision.ts';
import { forkPlan } from '../../src/domain/fork.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { good } from '../domain/judge/sample-facts.ts';
import { beginProject, openTestDb, planOf } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

interface How {
  decision?: DecisionKind;
  rule?: string;
  facts?: object;
}

/** A project whose origin has ended ascii.1, and names for what happens in it. */
async function lines(project: string) {
  const { turn: first } = await beginProject(db, project);
  const [origin] = planOf(project).milestones;
  const ref = (line: string, task: string, turn: number, epoch = line === 'slugs' ? first.epoch : 50): TurnRef => ({ project, milestone: line, epoch, task, turn });
  const begun = async (at: TurnRef): Promise<TurnRef> => {
    await db.insertInto('turn').values({ project, milestone: at.milestone, epoch: at.epoch, task: at.task, turn: at.turn, prompt: '', session_id: 's', resume: false, tree_before: 't' })
      .onConflict((oc) => oc.doNothing()).execute();
    return at;
  };
  const judged = async (at: TurnRef, quality: number | null, { decision = 'proceed', rule = 'quality_reached', facts = {} }: How = {}): Promise<TurnRef> => {
    await begun(at);
    const scores = { quality, confidence: 1, parts: [], confidenceParts: [] };
    const { id } = await db.selectFrom('turn').select('id').where('project', '=', project).where('milestone', '=', at.milestone).where('epoch', '=', at.epoch)
      .where('task', '=', at.task).where('turn', '=', at.turn).executeTakeFirstOrThrow();
    await db.insertInto('decision').values({
      turn_id: id, inputs_sha256: createHash('sha256').update(String(Math.random())).digest('hex'), decision, rule: rule as 'quality_reached', breakpoint: decision === 'breakpoint' ? 'conflicting_solutions' : null, until: null, feedback: null, reason: 'r',
      facts: jsonText(facts), scores: jsonText(scores), quality, confidence: 1, would_change: '[]',
    }).execute();
    return at;
  };
  const fork = async (id: string, from: { task: string; turn: number; milestone?: string }): Promise<void> => {
    if (!origin) throw new Error('no milestone');
    const { milestone = 'slugs', task, turn } = from;
    const plan = forkPlan(planOf(project), origin, id, {
      milestone, epoch: ref(milestone, task, turn).epoch, task, turn, turnId: 1, tree: 't', sidecar: 's', firstTree: 't', sessionId: 's', over: [], note: null, path: '/p', branch: 'b',
    });
    await insertFork(db, { plan, sha256: createHash('sha256').update(id).digest('hex'), source: 'fork' });
  };
  const seen = async (at: TurnRef) => (await siblingsOf(db, await begun(at))).map(({ turn, quality }) => [turn.slice(project.length + 1), quality]);
  await judged(ref('slugs', 'ascii', 1), 0.1, { decision: 'retry' });
  return { ref, judged, fork, seen };
}

/** A question that was about that turn. */
const about = (turn: string, quality: number): How => ({ decision: 'breakpoint', rule: 'conflicting_solutions', facts: { ...good(), forks: { turn: 'x', siblings: [{ turn, quality }] } } });

test('the origin counts from when the fork began, and not with the turn it was forked from', async () => {
  const { ref, judged, fork, seen } = await lines('since');
  expect(await seen(ref('slugs', 'ascii', 2))).toEqual([]);
  await judged(ref('slugs', 'ascii', 2), 0.2, { decision: 'retry' });
  await fork('f1', { task: 'ascii', turn: 1 });
  const mine = ref('f1', 'ascii', 1);
  expect(await seen(mine)).toEqual([]);
  await judged(ref('slugs', 'ascii', 1), 0.3, { decision: 'retry' });
  await judged(ref('slugs', 'unicode', 1), 0.4);
  expect(await seen(mine)).toEqual([]);
  expect(await seen(ref('f1', 'unicode', 1))).toEqual([['slugs/unicode.1', 0.4]]);
  await judged(ref('slugs', 'ascii', 3), 0.5, { decision: 'retry' });
  await judged(ref('slugs', 'ascii', 4), null);
  await judged(ref('slugs', 'ascii', 5), 0, { decision: 'rerun' });
  expect(await seen(mine)).toEqual([['slugs/ascii.3', 0.5]]);
  await judged(ref('slugs', 'ascii', 6), 0.6);
  expect(await seen(mine)).toEqual([['slugs/ascii.6', 0.6]]);
});

test('forks of the same turn count, and for the origin its forks; forks of other turns and cancelled lines do not', async () => {
  const { ref, judged, fork, seen } = await lines('beside');
  await fork('f1', { task: 'ascii', turn: 1 });
  await judged(ref('f1', 'ascii', 1), 0.1);
  await fork('f2', { task: 'ascii', turn: 1 });
  expect(await seen(ref('f2', 'ascii', 1))).toEqual([]);
  await judged(ref('slugs', 'ascii', 2), 0.5);
  await fork('f3', { task: 'ascii', turn: 2 });
  await judged(ref('f3', 'ascii', 1), 0.3);
  await judged(ref('f1', 'ascii', 2), 0.2);
  expect(await seen(ref('f2', 'ascii', 1))).toEqual([['f1/ascii.2', 0.2], ['slugs/ascii.2', 0.5]]);
  expect(await seen(ref('slugs', 'ascii', 3))).toEqual([['f1/ascii.2', 0.2], ['f3/ascii.1', 0.3]]);
  // Before they parted it is one line.
  expect([await seen(ref('slugs', 'ascii', 2)), await seen(ref('slugs', 'ascii', 1))]).toEqual([[['f1/ascii.2', 0.2]], []]);
  await fork('f4', { milestone: 'f1', task: 'ascii', turn: 2 });
  await judged(ref('f1', 'ascii', 3), 0.25);
  expect(await seen(ref('f4', 'ascii', 1))).toEqual([['f1/ascii.3', 0.25]]);
  await db.updateTable('milestone').set({ state: 'cancelled' }).where('project', '=', 'beside').where('id', '=', 'f1').execute();
  expect(await seen(ref('slugs', 'ascii', 3))).toEqual([['f3/ascii.1', 0.3]]);
});

test('a later run of the origin is not what the fork was made from', async () => {
  const { ref, judged, fork, seen } = await lines('later');
  await fork('f1', { task: 'ascii', turn: 1 });
  await judged(ref('f1', 'ascii', 1), 0.9);
  await judged(ref('slugs', 'ascii', 2, 99), 0.2);
  expect([await seen(ref('f1', 'ascii', 2)), await seen(ref('slugs', 'ascii', 3, 99))]).toEqual([[], []]);
});

test('what a question was about is not asked about again, from either side; a new verdict is', async () => {
  const { ref, judged, fork, seen } = await lines('asked');
  await fork('f1', { task: 'ascii', turn: 1 });
  await judged(ref('slugs', 'ascii', 2), 0.2, { decision: 'retry' });
  await judged(ref('f1', 'ascii', 1), 0.9, about('asked/slugs/ascii.2', 0.2));
  // The same turn, judged again by a repeated activity, sees what it saw; the next attempt does not.
  expect(await seen(ref('f1', 'ascii', 1))).toEqual([['slugs/ascii.2', 0.2]]);
  expect(await seen(ref('f1', 'ascii', 2))).toEqual([]);
  // From the other side it has been asked too.
  expect(await seen(ref('slugs', 'ascii', 3))).toEqual([]);
  await judged(ref('slugs', 'ascii', 3), 0.3, { decision: 'retry' });
  expect(await seen(ref('f1', 'ascii', 2))).toEqual([['slugs/ascii.3', 0.3]]);
  await judged(ref('f1', 'ascii', 2), 0.8);
  expect(await seen(ref('slugs', 'ascii', 4))).toEqual([['f1/ascii.2', 0.8]]);
  // A question about something else is not about it.
  await judged(ref('f1', 'ascii', 3), 0.8, { decision: 'breakpoint', rule: 'conflicting_solutions', facts: { ...good(), forks: { turn: 'x', siblings: [{ turn: 'asked/slugs/ascii.3', quality: 0.6 }] } } });
  expect(await seen(ref('f1', 'ascii', 4))).toEqual([['slugs/ascii.3', 0.3]]);
});

test('facts hold at most ten; a fork that was never started leaves nothing behind that says when it began', async () => {
  const { ref, judged, fork, seen } = await lines('many');
  for (let n = 1; n <= 12; n += 1) await fork(`f${n}`, { task: 'ascii', turn: 1 });
  for (let n = 1; n <= 12; n += 1) await judged(ref(`f${n}`, 'ascii', 1), n / 20);
  const found = await seen(ref('slugs', 'ascii', 2));
  expect([found.length, found[0]]).toEqual([10, ['f12/ascii.1', 0.6]]);
  await fork('f13', { task: 'ascii', turn: 1 });
  await dropFork(db, { project: 'many', id: 'f13' });
  await judged(ref('slugs', 'ascii', 2), 0.9);
  await fork('f13', { task: 'ascii', turn: 1 });
  expect(await seen(ref('f13', 'ascii', 1))).toEqual([]);
});
