/** Compacts stores when it is told to, one after the other, each at most so often. Nobody waits for it. */
import { errorText } from '../host-error.ts';
import type { ShadowGit } from '../snapshot/git.ts';
import { compactStore } from './compact-store.ts';
import { checkpointSettings } from './expire-checkpoints.ts';

const EVERY_MS = 60 * 60 * 1000;

export class Compactor {
  readonly #stateDir: string;
  readonly #last = new Map<string, number>();
  #busy: Promise<void> = Promise.resolve();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Resolves when it is done; never throws: what goes wrong is said in the log, and nothing is lost by it. */
  compact(open: () => Promise<{ git: ShadowGit }>, needed: readonly string[] | null): Promise<void> {
    this.#busy = this.#busy.then(() => this.#compact(open, needed)).catch((error: unknown) => {
      process.stderr.write(`checkpoints are not compacted: ${errorText(error)}\n`);
    });
    return this.#busy;
  }

  async #compact(open: () => Promise<{ git: ShadowGit }>, needed: readonly string[] | null): Promise<void> {
    const { git } = await open();
    if (performance.now() - (this.#last.get(git.dir) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
    this.#last.set(git.dir, performance.now());
    await compactStore({ git, keep: await checkpointSettings(this.#stateDir), needed });
  }
}
