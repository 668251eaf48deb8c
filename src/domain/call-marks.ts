/**
 * What a run's supervisor notes about its agent's tool calls: when each began and ended, on the host's clock, and the files as they
 * were at that moment. From them follows what changed while which calls were open. Pure; package-free.
 */

/** A line of the stream `calls`. */
export interface CallMark {
  /** RFC 3339: when it was asked to be noted, before the tree was taken. */
  at: string;
  /** `start` and `exit` are the run's own: before its process, and when nothing of it is left. */
  phase: 'start' | 'begin' | 'end' | 'exit';
  tool?: string;
  toolUseId?: string;
  /** Id of the files' tree; absent where taking one would have cost too much. */
  tree?: string;
}

export interface OpenCall {
  tool: string;
  toolUseId: string;
}

/** What lies between two trees that differ. */
export interface CallInterval {
  from: string;
  to: string;
  /** Every call that was open at some moment between them, in the order they began. */
  calls: OpenCall[];
}

/** When a call was open, milliseconds on the host's clock; `until` is infinite where its end was not told. */
export interface CallSpan extends OpenCall {
  since: number;
  until: number;
}

/** Of a stream whose last line may be cut off, or that holds lines nobody knows. */
export function readMarks(text: string): CallMark[] {
  return text.split('\n').flatMap((line) => {
    try {
      const mark = JSON.parse(line) as Partial<CallMark> | null;
      return typeof mark?.at === 'string' && typeof mark.phase === 'string' ? [mark as CallMark] : [];
    } catch {
      return [];
    }
  });
}

/** Whether the agent's stream shows that the first call had its result before the second was made. */
export type IsOver = (earlier: string, later: string) => boolean;

const callOf = ({ tool = '?', toolUseId }: CallMark): OpenCall | undefined => (toolUseId === undefined ? undefined : { tool, toolUseId });

/** The calls that are open, as marks are taken one after the other. A call whose end was not told is over when the stream says so. */
class OpenCalls {
  readonly #isOver: IsOver;
  readonly open = new Map<string, OpenCall>();

  constructor(isOver: IsOver) {
    this.#isOver = isOver;
  }

  /** Gives the calls that are over by it. */
  take(mark: CallMark): OpenCall[] {
    const call = callOf(mark);
    // A run begins when nothing is left of the one before, though that one may not have told its end.
    const endsAll = mark.phase === 'exit' || mark.phase === 'start';
    const over = [...this.open.values()].filter(({ toolUseId }) => endsAll || (call && this.#ends(mark, call, toolUseId)));
    for (const { toolUseId } of over) this.open.delete(toolUseId);
    if (mark.phase === 'begin' && call) this.open.set(call.toolUseId, call);
    return over;
  }

  #ends({ phase }: CallMark, call: OpenCall, open: string): boolean {
    return phase === 'end' ? open === call.toolUseId : phase === 'begin' && this.#isOver(open, call.toolUseId);
  }
}

/**
 * From `first`, the tree before the turn, over the marks of its runs to `last`, the tree after it. Where a mark has no tree the
 * interval is longer and names more calls.
 */
export function callIntervals({ first, marks, last, isOver }: { first: string; marks: readonly CallMark[]; last: string; isOver: IsOver }): CallInterval[] {
  const calls = new OpenCalls(isOver);
  const found: CallInterval[] = [];
  let from = first;
  let seen = new Map<string, OpenCall>();
  const cut = (to: string): void => {
    if (to !== from) found.push({ from, to, calls: [...seen.values()] });
    from = to;
    seen = new Map(calls.open);
  };
  for (const mark of marks) {
    // Its tree shows the files before a call that begins here, and with all that one did that ends here.
    if (mark.tree !== undefined) cut(mark.tree);
    for (const { toolUseId } of calls.take(mark)) if (mark.tree !== undefined) seen.delete(toolUseId);
    for (const [id, call] of calls.open) seen.set(id, call);
  }
  cut(last);
  return found;
}

/** When each call was open. */
export function callSpans(marks: readonly CallMark[], isOver: IsOver): CallSpan[] {
  const calls = new OpenCalls(isOver);
  const spans = new Map<string, CallSpan>();
  for (const mark of marks) {
    const at = Date.parse(mark.at);
    for (const { toolUseId } of calls.take(mark)) Object.assign(spans.get(toolUseId) ?? {}, { until: at });
    for (const call of calls.open.values()) if (!spans.has(call.toolUseId)) spans.set(call.toolUseId, { ...call, since: at, until: Infinity });
  }
  return [...spans.values()];
}
