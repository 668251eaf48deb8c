/** One channel's notifications: sends what is due, sleeps until more is, ends when nothing waits. Whoever stores a notification wakes it. */
import { allHandlersFinished, condition, continueAsNew, defineSignal, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { NotificationActivities } from '../activities/contract.ts';

export interface NotifierInput {
  channel: string;
}

export const wakeSignal = defineSignal('wake');

// A receiver that is away: again after 5 s, 10 s … 10 min; the activity itself gives up what is a day old.
const { sendNotifications } = proxyActivities<NotificationActivities>({
  startToCloseTimeout: '2m', heartbeatTimeout: '10s', retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '10m' },
});

/** True: there is nothing left to wait for. */
async function sendUntilIdle(input: NotifierInput, isWoken: () => boolean, sleep: () => void): Promise<boolean> {
  sleep();
  const { next } = await sendNotifications(input);
  if (isWoken()) return false;
  if (next === null) return true;
  const restMs = Date.parse(next) - Date.now();
  if (restMs > 0) await condition(isWoken, restMs, { summary: `${input.channel} sends more at ${next}` });
  return false;
}

export async function notifierWorkflow(input: NotifierInput): Promise<void> {
  let isWoken = false;
  setHandler(wakeSignal, () => void (isWoken = true), { description: 'Look for what is to be sent' });
  while (!(await sendUntilIdle(input, () => isWoken, () => (isWoken = false)))) {
    if (!workflowInfo().continueAsNewSuggested) continue;
    await condition(allHandlersFinished);
    await continueAsNew<typeof notifierWorkflow>(input);
  }
}
