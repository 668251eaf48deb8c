/** The anchors of B10: workflows that do nothing but what is measured. Bundled on their own. */
import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

/** The one activity of the bare worker. */
export interface BareActivities {
  noop(): Promise<void>;
}

export const goOnSignal = defineSignal('goOn');
export const waitingQuery = defineQuery<number>('waiting');

const { noop } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

/** After each signal, one activity. */
export async function bareSignals(count: number): Promise<void> {
  let signals = 0;
  setHandler(goOnSignal, () => void (signals += 1));
  setHandler(waitingQuery, () => signals);
  for (let n = 1; n <= count; n += 1) {
    await condition(() => signals >= n);
    await noop();
  }
}

/** Activities one after the other. */
export async function bareActivities(count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) await noop();
}
