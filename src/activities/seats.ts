/** Seats of a host: asked for before a turn takes a slot of a worker, so that who waits holds none. */
import { leaveSeat, takeSeat, type SeatAnswer, type SeatClaim, type SeatHolder } from '../db/seats.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { QuickActivities } from './contract.ts';
import type { Deps } from './deps.ts';
import { planned } from './plans.ts';

/** A workflow that was terminated gave nothing back. */
async function freeEnded(deps: Deps, holders: SeatHolder[]): Promise<boolean> {
  const runs = await Promise.all(holders.map((holder) => deps.isRunning(holder)));
  const ended = holders.filter((_, n) => runs[n] === false);
  await Promise.all(ended.map((holder) => leaveSeat(deps.db, holder)));
  return ended.length > 0;
}

async function ask(deps: Deps, claim: SeatClaim): Promise<SeatAnswer> {
  const answer = await takeSeat(deps.db, claim);
  if (answer.kind === 'taken' || !(await freeEnded(deps, answer.holders))) return answer;
  return takeSeat(deps.db, claim);
}

function noSeat({ host, seats }: SeatClaim, { holders, ahead }: Extract<SeatAnswer, { kind: 'full' }>): HoldpointError {
  const names = holders.map(({ project, milestone }) => `${project}/${milestone}`).join(', ');
  const line = ahead > 0 ? `, ${ahead} before it in line` : '';
  return new HoldpointError('no_seat', `waiting for a seat on ${host}: ${holders.length} of ${seats} taken${names && ` by ${names}`}${line}`, {
    hint: 'they are given in turn; HOLDPOINT_HOST_SEATS says how many there are',
  });
}

export const createSeats = (deps: Deps): Pick<QuickActivities, 'takeSeat' | 'leaveSeat'> => ({
  async takeSeat(ref) {
    const { plan } = await planned(deps, ref);
    const { host } = plan.workspace;
    const seats = deps.seatsOn(host);
    if (seats === null) return;
    const claim = { project: ref.project, milestone: ref.milestone, ...(ref.task !== undefined && { task: ref.task }), host, seats };
    const answer = await ask(deps, claim);
    if (answer.kind === 'full') throw noSeat(claim, answer);
  },
  leaveSeat: ({ project, milestone, task }) => leaveSeat(deps.db, { project, milestone, ...(task !== undefined && { task }) }),
});
