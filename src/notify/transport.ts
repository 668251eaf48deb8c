/** The seam of everything that carries a notification out of the service. */
import type { Delivery } from '../domain/notification.ts';

export interface Transport {
  /**
   * Resolves when the receiver has confirmed. Rejects with `Undeliverable` when trying again cannot help, with any other error when it
   * can. May be repeated: the delivery's id tells a receiver that it has seen it. Cancelled by `signal`.
   */
  send(delivery: Delivery, signal: AbortSignal): Promise<void>;
}

/** The receiver has refused for good. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable';
}
