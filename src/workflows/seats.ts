/** A seat on the host, where the configuration limits them: taken before a turn, given back when no agent of it is at work. */
import { groups } from './activity-groups.ts';
import { failureMessage, failureType } from './failures.ts';
import { laneName } from './lane.ts';
import type { Milestone } from './milestone-state.ts';
import { noteEvent, record } from './recorder.ts';
import { goOnRecorded, rest } from './resting.ts';

const seatOf = (m: Milestone): { task?: string } => {
  const { lane } = laneName(m);
  return lane === undefined ? {} : { task: lane };
};

/** No seat is free: says so once, then the server asks again until the milestone's turn has come. No slot is held meanwhile. */
async function waitInLine(m: Milestone, why: string): Promise<void> {
  const { project, planSha256, milestone } = m.input;
  noteEvent(m.state, 'waiting_for_seat', why);
  rest(m, 'seat');
  await record(m, `${milestone} waits for a seat on ${m.brief.host}`);
  await groups.seat.takeSeat.executeWithOptions({ summary: `${milestone} waits for a seat on ${m.brief.host}` }, [{ project, planSha256, milestone, ...seatOf(m) }]);
  await goOnRecorded(m);
}

/** Does nothing where seats are not limited, or one is held. */
export async function takeSeat(m: Milestone): Promise<void> {
  if (!m.brief.hostSeats || m.lane.hasSeat) return;
  const { project, planSha256, milestone } = m.input;
  try {
    await groups.seatProbe.takeSeat.executeWithOptions({ summary: `${milestone} takes a seat on ${m.brief.host}` }, [{ project, planSha256, milestone, ...seatOf(m) }]);
  } catch (error) {
    if (failureType(error) !== 'no_seat') throw error;
    await waitInLine(m, failureMessage(error));
  }
  m.lane.hasSeat = true;
}

/** May be repeated. The end of the milestone gives it back as well, however it ends. */
export async function leaveSeat(m: Milestone): Promise<void> {
  if (!m.lane.hasSeat) return;
  const { project, planSha256, milestone } = m.input;
  await groups.quick.leaveSeat.executeWithOptions({ summary: `${milestone} gives its seat back` }, [{ project, planSha256, milestone, ...seatOf(m) }]);
  m.lane.hasSeat = false;
}
