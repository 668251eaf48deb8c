/** When a host may be tried again: at once the first time, then after waits that double, with jitter so that many workers spread. */

const FIRST_MS = 250;
const MAX_MS = 5_000;

export class Backoff {
  #failures = 0;
  #notBefore = 0;

  /** Milliseconds until the next attempt is due; 0 when it is. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - performance.now());
  }

  failed(): void {
    const delay = Math.min(FIRST_MS * 2 ** this.#failures, MAX_MS);
    this.#failures += 1;
    this.#notBefore = performance.now() + delay * (0.5 + Math.random());
  }

  worked(): void {
    this.#failures = 0;
    this.#notBefore = 0;
  }
}
