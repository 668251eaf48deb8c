import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answerBreakpoint, openBreakpoint } from '../../src/db/breakpoints.ts';
import { addNotifications, dropAnswered, dueNotifications, endNotifications, nextDue, noteAttempt } from '../../src/db/notifications.ts';
import type { Db } from '../../src/db/transaction.ts';
import { AT, beginProject, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const LATER = '2026-11-01T11:00:00.000Z';

async function asked(project: string) {
  await beginProject(db, project);
  const question = { id: `${project}/slugs/milestone_completion.1`, openedAt: AT, project, milestone: 'slugs' };
  await openBreakpoint(db, { workflowId: `holdpoint/${project}/slugs`, runId: 'r' }, {
    ...question, kind: 'milestone_completion', occurrence: 1, priority: 'medium', task: null, turn: null, reason: 'done?', actions: ['approve'], noteRequired: [], tree: null,
  });
  const notify = (channel: string, dueAt: string) => addNotifications(db, [{ id: `${question.id}/${channel}`, channel, why: 'opened', question, dueAt }]);
  const state = async () => (await db.selectFrom('notification').select(['channel', 'state', 'attempts', 'error']).where('project', '=', project).orderBy('channel').execute());
  return { question, notify, state };
}

test('the same one is stored once, and is due at its time, oldest first', async () => {
  const { notify } = await asked('once');
  await notify('once-a', LATER);
  await notify('once-a', AT);
  expect(await nextDue(db, 'once-a')).toBe(LATER);
  expect(await dueNotifications(db, 'once-a', new Date(AT), 10)).toEqual([]);
  expect(await dueNotifications(db, 'once-a', new Date(LATER), 10)).toEqual([expect.objectContaining({ why: 'opened', question: expect.objectContaining({ reason: 'done?' }) })]);
});

test('a question that is answered is told nobody any more; what was sent stays sent', async () => {
  const { question, notify, state } = await asked('drop');
  await notify('drop-sent', AT);
  await notify('drop-waiting', LATER);
  await endNotifications(db, [`${question.id}/drop-sent`], 'sent');
  await dropAnswered(db, 'drop-waiting');
  expect(await nextDue(db, 'drop-waiting')).toBe(LATER);
  await answerBreakpoint(db, { id: question.id, action: 'approve', note: null, by: 'ann', via: 'update', at: LATER });
  for (const channel of ['drop-sent', 'drop-waiting']) await dropAnswered(db, channel);
  expect((await state()).map(({ state: is }) => is)).toEqual(['sent', 'dropped']);
  expect(await nextDue(db, 'drop-waiting')).toBeNull();
});

test('each try is counted with what went wrong; one that was given up is not tried again', async () => {
  const { question, notify, state } = await asked('tries');
  await notify('tries', AT);
  const ids = [`${question.id}/tries`];
  await noteAttempt(db, ids, 'the webhook answered 503');
  expect(await state()).toEqual([{ channel: 'tries', state: 'waiting', attempts: 1, error: 'the webhook answered 503' }]);
  await endNotifications(db, ids, 'failed', 'the webhook answered 410\0');
  await endNotifications(db, ids, 'sent');
  expect(await state()).toEqual([{ channel: 'tries', state: 'failed', attempts: 2, error: 'the webhook answered 410\ufffd' }]);
  expect(await dueNotifications(db, 'tries', new Date(LATER), 10)).toEqual([]);
});
