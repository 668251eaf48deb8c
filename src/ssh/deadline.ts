/** Waiting with an end: no promise of this folder is awaited for ever. */

/** Settles as `work` does, or rejects with `late()` after `ms` milliseconds. Does not stop the work: the caller does. */
export async function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

export const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
