/** What a cancellation on the host did, in words for people. */
import type { CancelResult } from '../domain/host-api.ts';

/** Of those that ended by themselves when asked the host tells nothing. */
export function whatWasEnded({ killed, proof }: Pick<CancelResult, 'killed' | 'proof'>): string {
  const names = killed.map(({ pid, command }) => `${command} (${pid})`).join(', ');
  return `${names ? `ended ${names}` : 'nothing had to be killed'}; nothing is left (${proof})`;
}
