import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answeredBreakpoints, findBreakpoint } from '../../src/db/breakpoints.ts';
import type { OpenBreakpoint } from '../../src/domain/questions.ts';
import { eventsOf } from '../../src/db/events.ts';
import { readInbox } from '../../src/db/inbox.ts';
import { isRunOver, loadPlan, registerPlan, savePlan } from '../../src/db/plans.ts';
import { recordStates } from '../../src/db/states.ts';
import type { RecordedChange as StateChange } from '../../src/db/states.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Db } from '../../src/db/transaction.ts';
import { insertWorktree } from '../../src/db/worktrees.ts';
import type { RecordState } from '../../src/activities/contract.ts';
import { AT, beginProject, openTestDb, planOf, SHA } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const LATER = '2026-11-01T11:00:00.000Z';

const changeIn = (project: string): StateChange => ({ project, milestone: 'slugs', workflowId: `holdpoint/${project}/slugs`, runId: `run-${project}`, at: AT });

const questionIn = (project: string, more: Partial<OpenBreakpoint> = {}): OpenBreakpoint => ({
  id: `${project}/slugs/milestone_completion.1`, kind: 'milestone_completion', occurrence: 1, priority: 'medium', project, milestone: 'slugs',
  task: null, turn: null, openedAt: AT, reason: 'done?', actions: ['approve', 'abort'], noteRequired: [], tree: 'tree-1', ...more,
});

const answerTo = (id: string, action: 'approve' | 'abort') => ({ id, action, note: `${action}\0`, by: 'ann', via: 'update', at: LATER }) as const;

async function statesOf(project: string) {
  const { projects: [found] } = await readStatus(db, project);
  const [milestone] = found?.milestones ?? [];
  return { project: found?.state, milestone: milestone?.state, tasks: Object.fromEntries(milestone?.tasks.map((task) => [task.id, task.state]) ?? []) };
}

test('states are recorded together, may be repeated, and a late repetition undoes nothing', async () => {
  await beginProject(db, 'order');
  // Typed as the activity's contract: the two must stay the same.
  const call: RecordState = {
    ...changeIn('order'), projectState: 'running', milestoneState: 'running', tasks: [{ id: 'ascii', state: 'running' }],
    events: [{ kind: 'note', message: 'go' }],
  };
  const running = { ...call, at: AT, key: 'call-1' };
  await recordStates(db, running);
  expect(await statesOf('order')).toEqual({ project: 'running', milestone: 'running', tasks: { unicode: 'pending', ascii: 'running' } });
  await recordStates(db, { ...changeIn('order'), at: LATER, projectState: 'waiting', milestoneState: 'waiting', tasks: [{ id: 'ascii', state: 'completed' }, { id: 'unicode', state: 'ready' }] });
  await recordStates(db, running);
  expect(await statesOf('order')).toEqual({ project: 'waiting', milestone: 'waiting', tasks: { unicode: 'ready', ascii: 'completed' } });
  expect(await eventsOf(db, { project: 'order' })).toHaveLength(1);
});

test('a failure in the middle records nothing', async () => {
  await beginProject(db, 'atomic');
  const opened = [questionIn('atomic'), questionIn('not-a-project')];
  await expect(recordStates(db, { ...changeIn('atomic'), milestoneState: 'waiting', opened })).rejects.toMatchObject({ code: '23503' });
  expect(await readInbox(db, 'atomic')).toEqual([]);
  expect((await statesOf('atomic')).milestone).toBe('pending');
});

test('a question is asked once and the first answer stays', async () => {
  await beginProject(db, 'ask');
  const question = questionIn('ask');
  await recordStates(db, { ...changeIn('ask'), opened: [question] });
  await recordStates(db, { ...changeIn('ask'), opened: [question] });
  expect(await readInbox(db, 'ask')).toEqual([{ ...question, workflowId: 'holdpoint/ask/slugs', detail: {}, automatic: null, reminders: 0, remindedAt: null, escalatedAt: null }]);

  await recordStates(db, { ...changeIn('ask'), answered: [answerTo(question.id, 'approve')] });
  await recordStates(db, { ...changeIn('ask'), answered: [answerTo(question.id, 'abort')], opened: [question] });
  expect(await readInbox(db, 'ask')).toEqual([]);
  expect((await findBreakpoint(db, question.id))?.answer).toEqual({ action: 'approve', note: 'approve\ufffd', by: 'ann', via: 'update', at: LATER });
  expect((await answeredBreakpoints(db, { project: 'ask' })).map((one) => one.id)).toEqual([question.id]);
  expect(await answeredBreakpoints(db, { project: 'ask', milestone: 'other' })).toEqual([]);
  expect(await findBreakpoint(db, 'ask/slugs/milestone_completion.2')).toBeUndefined();
});

test('reminders, a raised priority, an answer that was not carried out: each is in the row, and may be told twice', async () => {
  await beginProject(db, 'urged');
  const question = questionIn('urged', { timers: { automatic: { at: LATER, action: 'abort' } } });
  await recordStates(db, { ...changeIn('urged'), opened: [question] });
  const urged = [{ id: question.id, at: LATER, reminders: 2 }, { id: question.id, at: LATER, priority: 'high' as const }];
  await recordStates(db, { ...changeIn('urged'), urged });
  await recordStates(db, { ...changeIn('urged'), urged });
  expect(await readInbox(db, 'urged')).toMatchObject([{ priority: 'high', automatic: { at: LATER, action: 'abort' }, reminders: 2, remindedAt: LATER, escalatedAt: LATER }]);
  await recordStates(db, { ...changeIn('urged'), answered: [{ ...answerTo(question.id, 'approve'), via: 'cli', refused: 'src/a.js has changed' }] });
  expect((await findBreakpoint(db, question.id))?.answer).toMatchObject({ action: 'approve', via: 'cli', refused: 'src/a.js has changed' });
});

test('the same id asked by a later run is a new question; the older one is closed', async () => {
  await beginProject(db, 'anew');
  const first = questionIn('anew');
  await recordStates(db, { ...changeIn('anew'), opened: [first] });
  await recordStates(db, { ...changeIn('anew'), opened: [{ ...first, openedAt: LATER }] });
  expect((await readInbox(db, 'anew')).map((entry) => entry.openedAt)).toEqual([LATER]);
  await recordStates(db, { ...changeIn('anew'), answered: [answerTo(first.id, 'approve')] });
  expect(await findBreakpoint(db, first.id)).toMatchObject({ openedAt: LATER, answer: { action: 'approve' } });
  expect(await answeredBreakpoints(db, { project: 'anew' })).toHaveLength(1);
});

test('the inbox is sorted by priority, then age; a milestone that ends takes its questions along', async () => {
  await beginProject(db, 'inbox');
  const at = (id: string, priority: OpenBreakpoint['priority'], minute: number) =>
    questionIn('inbox', { id: `inbox/slugs/${id}.1`, priority, openedAt: `2026-11-01T10:0${minute}:00.000Z` });
  const opened = [at('a', 'low', 1), at('b', 'high', 5), at('c', 'high', 2), at('d', 'medium', 0)];
  await recordStates(db, { ...changeIn('inbox'), opened });
  expect((await readInbox(db, 'inbox')).map((entry) => entry.id.slice(12, 13))).toEqual(['c', 'b', 'd', 'a']);
  const [milestone] = (await readStatus(db, 'inbox')).projects[0]?.milestones ?? [];
  expect(milestone).toMatchObject({ waitingFor: ['d', 'a', 'c', 'b'].map((id) => `inbox/slugs/${id}.1`), waitingSince: AT });
  await recordStates(db, { ...changeIn('inbox'), milestoneState: 'cancelled' });
  expect(await readInbox(db, 'inbox')).toEqual([]);
});

test('a milestone that ends before its worktrees came back leaves them; a late repetition of its end takes nothing from the next run', async () => {
  const { turn } = await beginProject(db, 'left');
  const open = async (name: string): Promise<void> =>
    insertWorktree(db, turn, { project: 'left', milestone: 'slugs', task: name, holder: 'run-left', host: 'local', root: '/srv/left', path: `/srv/left.${name}`, branch: name, commit: 'c', base: { tree: 't', sidecar: 's' } });
  const states = async () => (await db.selectFrom('worktree').select(['task', 'state']).where('project', '=', 'left').orderBy('id').execute()).map((one) => `${one.task} ${one.state}`);
  await open('ascii');
  await recordStates(db, { ...changeIn('left'), milestoneState: 'waiting' });
  expect(await states()).toEqual(['ascii open']);
  const end = { ...changeIn('left'), milestoneState: 'failed' as const };
  await recordStates(db, end);
  expect(await states()).toEqual(['ascii kept']);
  await recordStates(db, { ...changeIn('left'), milestone: undefined, projectState: 'failed' });
  await registerPlan(db, { project: 'left', sha256: SHA, runId: 'run-2' });
  await open('unicode');
  await recordStates(db, end); // the next run has said nothing yet
  expect([await states(), (await statesOf('left')).milestone]).toEqual([['ascii kept', 'unicode open'], 'pending']);
  await recordStates(db, { ...changeIn('left'), at: LATER, milestoneState: 'waiting', opened: [questionIn('left', { openedAt: LATER })] });
  await recordStates(db, end);
  expect([await states(), (await readInbox(db, 'left')).length]).toEqual([['ascii kept', 'unicode open'], 1]);
  await recordStates(db, { ...changeIn('left'), workflowId: 'holdpoint/left', at: '2026-11-01T12:00:00.000Z', milestoneState: 'cancelled' });
  expect(await states()).toEqual(['ascii kept', 'unicode open']); // its project says so of what it never started
});

test('a plan can be stored again; a running project keeps its own until its next run', async () => {
  const later = { project: 'plans', sha256: 'b'.repeat(64), plan: { ...planOf('plans'), workspace: { host: 'vm', path: '/elsewhere' } }, source: 's\0' };
  await beginProject(db, 'plans');
  await beginProject(db, 'plans');
  await recordStates(db, { ...changeIn('plans'), projectState: 'running', tasks: [{ id: 'ascii', state: 'running' }], opened: [questionIn('plans')] });
  await savePlan(db, later);
  expect((await readStatus(db, 'plans')).projects[0]?.workspace).toEqual({ host: 'local', path: '/srv/plans', watch: null });
  expect(await loadPlan(db, later)).toEqual(later.plan);

  await recordStates(db, { ...changeIn('plans'), at: LATER, projectState: 'failed' });
  expect(await registerPlan(db, { ...later, runId: 'run-2' })).toEqual(later.plan);
  expect((await readStatus(db, 'plans')).projects[0]?.workspace).toEqual({ host: 'vm', path: '/elsewhere', watch: null });
  expect(await statesOf('plans')).toEqual({ project: 'pending', milestone: 'pending', tasks: { unicode: 'pending', ascii: 'pending' } });
  expect(await readInbox(db, 'plans')).toEqual([]);
});

test('the same workflow run asking again does not begin the project again', async () => {
  await beginProject(db, 'again');
  await registerPlan(db, { project: 'again', sha256: SHA, runId: 'run-1' });
  await recordStates(db, { project: 'again', workflowId: 'holdpoint/again', runId: 'run-1', projectState: 'completed' });
  await registerPlan(db, { project: 'again', sha256: SHA, runId: 'run-1' });
  expect((await statesOf('again')).project).toBe('completed');
  await expect(registerPlan(db, { project: 'again', sha256: 'none', runId: 'run-3' })).rejects.toMatchObject({ kind: 'unknown_plan' });
  await expect(loadPlan(db, { project: 'nobody', sha256: SHA })).rejects.toMatchObject({ kind: 'unknown_plan' });
});

test('a run is over when its end is on record, and no other is', async () => {
  await beginProject(db, 'over');
  await registerPlan(db, { project: 'over', sha256: SHA, runId: 'run-1' });
  const isOver = (runId: string): Promise<boolean> => isRunOver(db, { project: 'over', runId });
  expect(await isOver('run-1')).toBe(false);
  await recordStates(db, { project: 'over', workflowId: 'holdpoint/over', runId: 'run-1', at: LATER, projectState: 'failed' });
  expect([await isOver('run-1'), await isOver('run-2'), await isRunOver(db, { project: 'nobody', runId: 'run-1' })]).toEqual([true, false, false]);
});
