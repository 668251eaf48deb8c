/**
 * What waits for an answer over one link: all of it ends when the link is lost. Not by a race with the promise of that loss:
 * a promise keeps what every race with it was given until it settles, and a link lives for days.
 */
export class PendingCalls {
  readonly #rejects = new Set<(reason: Error) => void>();
  #reason: Error | undefined;

  /** `lost` settles when the link is gone. */
  constructor(lost: Promise<Error>) {
    void lost.then((reason) => {
      this.#reason = reason;
      for (const reject of this.#rejects) reject(reason);
    });
  }

  /** Settles as `answer` does, or rejects with the reason of the loss. */
  async untilLost<T>(answer: Promise<T>): Promise<T> {
    answer.catch(() => undefined);
    if (this.#reason) throw this.#reason;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#rejects.add(reject);
    try {
      answer.then(resolve, reject);
      return await promise;
    } finally {
      this.#rejects.delete(reject);
    }
  }
}
