/** What a run shows of itself while it is followed, learned from its events as they are folded. */
import { createHash } from 'node:crypto';
import type { AgentEvent, StreamFold } from '../domain/agent.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { TurnOutcome } from '../domain/turn-outcome.ts';
import { LONGEST_ROUND } from '../domain/watchdog.ts';

/** Work after a result: that result was not the last word. */
const WORK = new Set<AgentEvent['kind']>(['text', 'thinking', 'toolUse', 'toolResult', 'denied']);

const digest = (event: AgentEvent): string => createHash('sha256').update(canonicalJson([event.tool, event.input])).digest('base64');

export class Progress {
  /** Lines seen. */
  lines = 0;
  /** The latest calls, each as a text that is equal for equal calls. */
  calls: string[] = [];
  lastTool: string | null = null;
  /** It has printed its result and nothing of work since. */
  hasLastWord = false;
  /** How it had ended by its own word when we ended its process. */
  ended: TurnOutcome | null = null;
  /** For this long nothing came while its host answered. */
  silentMs = 0;
  readonly #kept: number;

  constructor(sameCalls: number) {
    this.#kept = LONGEST_ROUND * sameCalls;
  }

  /** The same fold, which tells us of each event on its way. */
  seenBy(fold: StreamFold): StreamFold {
    return {
      line: (text) => {
        const event = fold.line(text);
        this.#note(event);
        return event;
      },
      summary: (exit) => fold.summary(exit),
    };
  }

  /** Calls made so far do not count as repeated any more. */
  beginAnew(): void {
    this.calls = [];
    this.silentMs = 0;
  }

  #note(event: AgentEvent): void {
    this.lines += 1;
    if (event.kind === 'result') this.hasLastWord = true;
    else if (WORK.has(event.kind)) this.hasLastWord = false;
    if (event.kind !== 'toolUse') return;
    this.lastTool = event.tool ?? null;
    this.calls = [...this.calls, digest(event)].slice(-this.#kept);
  }
}
