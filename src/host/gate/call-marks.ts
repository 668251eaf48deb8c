/**
 * Notes in the stream `calls` when a tool call begins and ends, with the tree of the files at that moment where that is cheap. The
 * agent waits meanwhile, so all of it is bounded; whatever fails here is missing in the notes and nowhere else.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { CallMark } from '../../domain/call-marks.ts';
import { errorText } from '../host-error.ts';
import type { HookCall } from './gate-call.ts';

/** Of the processor. A tree that costs more is paid for with time to spare. */
const CHEAP_MS = 100;
/** On the clock: so is one that a busy machine makes slow. */
const SLOW_MS = 500;
/** So much of the run's time may go into trees that are not cheap. */
const SHARE = 0.1;
/** And so much at once: a machine that is busy for a while must not cost the causes of changes. */
const SPARE_MS = 5000;
/** The agent waits no longer than this for a tree, however busy the machine is. */
const MOST_HOLD_MS = 1000;

export type TakeTree = () => Promise<string>;

export class CallMarks {
  readonly #log: number;
  readonly #takeTree: TakeTree;
  #last: Promise<void> = Promise.resolve();
  #underWay: Promise<string | undefined> | undefined;
  /** Marks that were asked for and are not written. */
  #waiting = 0;
  readonly #spareMs: number;
  /** No tree is taken while it is below zero. */
  #spare: number;
  #earnedAt = performance.now();
  #isFirst = true;

  /** Appends to `calls` in the working directory. */
  constructor(takeTree: TakeTree, spareMs = SPARE_MS) {
    this.#log = openSync('calls', 'a', 0o600);
    this.#takeTree = takeTree;
    this.#spareMs = this.#spare = spareMs;
  }

  /**
   * Resolves when it is noted; never rejects. One after the other, in the order they are asked for; a mark behind which another one waits
   * has no tree, so that of many calls at once none waits for the trees of all.
   */
  mark(phase: CallMark['phase'], call?: HookCall): Promise<void> {
    const at = new Date().toISOString();
    const about = call && { tool: call.tool, ...(call.toolUseId !== null && { toolUseId: call.toolUseId }) };
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      const tree = this.#waiting > 1 ? undefined : await this.#tree();
      this.#waiting -= 1;
      this.#write({ at, phase, ...about, ...(tree !== undefined && { tree }) });
    });
    return this.#last;
  }

  async close(): Promise<void> {
    await this.#last;
    closeSync(this.#log);
  }

  #write(mark: CallMark): void {
    try {
      writeSync(this.#log, `${JSON.stringify(mark)}\n`);
    } catch (error) {
      process.stderr.write(`a tool call cannot be noted: ${errorText(error)}\n`);
    }
  }

  async #tree(): Promise<string | undefined> {
    if (this.#underWay || !this.#hasTime()) return undefined;
    this.#underWay = this.#measured().finally(() => (this.#underWay = undefined));
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), MOST_HOLD_MS);
    const tree = await Promise.race([this.#underWay, late.promise]);
    clearTimeout(timer);
    return tree;
  }

  async #measured(): Promise<string | undefined> {
    const [before, since] = [process.cpuUsage(), performance.now()];
    const tree = await this.#takeTree().catch((error: unknown) => {
      process.stderr.write(`files cannot be noted at a tool call: ${errorText(error)}\n`);
      return undefined;
    });
    const { user, system } = process.cpuUsage(before);
    const [costMs, tookMs] = [(user + system) / 1000, performance.now() - since];
    // The first one reads what is known of the files from the disk.
    if (!this.#isFirst && (costMs > CHEAP_MS || tookMs > SLOW_MS)) this.#spare -= Math.max(costMs, tookMs);
    this.#isFirst = false;
    return tree;
  }

  /** Books what was earned since it was asked last. */
  #hasTime(): boolean {
    const now = performance.now();
    this.#spare = Math.min(this.#spareMs, this.#spare + (now - this.#earnedAt) * SHARE);
    this.#earnedAt = now;
    return this.#spare >= 0;
  }
}
