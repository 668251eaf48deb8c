/** A milestone that waits for something other than a person: said in its state, so that everybody sees why nothing happens. */
import type { Lane } from './lane.ts';
import type { Milestone } from './milestone-state.ts';
import { record } from './recorder.ts';
import { refresh } from './visibility.ts';

export function rest(m: Milestone, why: NonNullable<Lane['resting']>['why']): void {
  m.lane.resting ??= { why, since: new Date().toISOString() };
  refresh(m);
}

export function goOn(m: Milestone): void {
  m.lane.resting = null;
  refresh(m);
}

/** For steps after which nothing else would be recorded for hours. */
export async function goOnRecorded(m: Milestone): Promise<void> {
  goOn(m);
  await record(m, `${m.input.milestone} goes on`);
}
