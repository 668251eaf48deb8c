/**
 * Whether the program at the other end still lives, asked only while somebody waits for it. SSH's own keepalive is answered by
 * sshd, which goes on answering when our program hangs. Any byte counts as life: a long answer on a slow line is no silence.
 */

export interface PulseOptions {
  intervalMs: number;
  /** Silence of so many intervals, seen in the next one, is taken for death. */
  countMax: number;
  /** Asks the program for a sign of life. */
  ask(): void;
  /** Called once. */
  stopped(): void;
}

export class Pulse {
  readonly #options: PulseOptions;
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #silentTicks = 0;
  #isHeard = false;
  #isOver = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Bytes came in. */
  heard(): void {
    this.#isHeard = true;
  }

  /** Somebody waits for an answer: the silence counts from now. Asking goes on afterwards until something was heard. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#waiting += 1;
    if (this.#timer === undefined && !this.#isOver) this.#start();
    try {
      return await work;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** For good. */
  end(): void {
    this.#isOver = true;
    this.#rest();
  }


  #start(): void {
    this.#isHeard = true;
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs).unref();
  }

  /** Counts ticks, not time: a process that slept or was too busy to read has missed one tick, whatever the clock says. */
  #tick(): void {
    this.#silentTicks = this.#isHeard ? 0 : this.#silentTicks + 1;
    if (this.#silentTicks > 0 && this.#silentTicks >= this.#options.countMax) return this.#stop();
    if (this.#isHeard && this.#waiting === 0) return this.#rest();
    this.#isHeard = false;
    this.#options.ask();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #stop(): void {
    this.end();
    this.#options.stopped();
  }
}
