/** From bytes of a run's output to rows: lines cut, folded, redacted, stored; the offset moves with the rows or not at all. */
import { ApplicationFailure } from '@temporalio/activity';
import { appendLines, type StreamLine } from '../db/agent-events.ts';
import type { AgentEvent, StreamFold } from '../domain/agent.ts';
import type { TextRedactor } from '../domain/redaction.ts';
import type { Deps } from './deps.ts';
import { LineSplitter, type Line } from './line-splitter.ts';
import { onDatabase } from './on-database.ts';

export interface StreamStore {
  /** Stores the complete lines in `bytes`, after those pushed before. They are read at once, while the ones before are on their way. */
  push: (bytes: Buffer) => Promise<void>;
  /** Stores what is left when the stream has ended. */
  end: () => Promise<void>;
  /** The latest line, for people. */
  readonly last: AgentEvent | null;
  /** The one tool call that has no result yet; null when there are several, for then nobody knows which of them does what. */
  readonly openCall: { tool: string; toolUseId: string } | null;
  /** Bytes whose lines are stored. */
  readonly offset: number;
  /** Bytes that were pushed: those of a line that is not complete are more than are stored. */
  readonly received: number;
}

interface Source {
  runKey: string;
  /** Bytes that are stored already. */
  offset: number;
  fold: StreamFold;
  redactor: TextRedactor;
  /** Ends the wait for a database that is away. */
  signal: AbortSignal;
  /** A line about usage limits was stored, and folded. */
  onLimits?: () => Promise<void>;
}

/** Secrets are ASCII, so a byte-for-byte text keeps everything else as it was: NUL and broken UTF-8 too. */
export const redactBytes = (redactor: TextRedactor, raw: Buffer): Buffer => Buffer.from(redactor.text(raw.toString('latin1')), 'latin1');

const BACKSLASH = 0x5c;

/** Without an escape every string of the line stands in `raw` as it is, and is redacted there already. */
function redactJson(redactor: TextRedactor, raw: Buffer, json: unknown): unknown {
  return json === null || !raw.includes(BACKSLASH) ? json : redactor.json(json);
}

function toRow({ offset, raw }: Line, event: AgentEvent, redactor: TextRedactor): StreamLine {
  return {
    offset,
    raw,
    kind: event.kind,
    text: redactor.text(event.text),
    json: redactJson(redactor, raw, event.json),
    ...(event.tool !== undefined && { tool: event.tool }),
    ...(event.toolUseId !== undefined && { toolUseId: event.toolUseId }),
    at: new Date().toISOString(),
  };
}

/** What the agent is at. */
class Progress {
  last: AgentEvent | null = null;
  private readonly open = new Map<string, string>();

  note(event: AgentEvent): void {
    this.last = event;
    if (!event.toolUseId) return;
    if (event.kind === 'toolUse') this.open.set(event.toolUseId, event.tool ?? 'a tool');
    if (event.kind === 'toolResult' || event.kind === 'denied') this.open.delete(event.toolUseId);
  }

  get openCall(): StreamStore['openCall'] {
    const [call] = [...this.open];
    return call && this.open.size === 1 ? { toolUseId: call[0], tool: call[1] } : null;
  }
}

/** Somebody else stores this run's output: what this follower has in hand is stored by them. */
const superseded = (runKey: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'internal', message: `another worker follows run ${runKey} now` });

export function createStreamStore(deps: Pick<Deps, 'db'>, source: Source): StreamStore {
  const splitter = new LineSplitter(source.offset);
  const { redactor } = source;
  const progress = new Progress();

  let [stored, before] = [source.offset, Promise.resolve()];

  const rowOf = (line: Line): StreamLine => {
    // Hidden before it is folded: whoever folds the stored line again sees the same, and no text is cut within a secret.
    const raw = redactBytes(redactor, line.raw);
    const event = source.fold.line(raw.toString('utf8'));
    progress.note(event);
    return toRow({ ...line, raw }, event, redactor);
  };

  const append = async (rows: StreamLine[], from: number, to: number): Promise<void> => {
    const result = await onDatabase(source.signal, () => appendLines(deps.db, { runKey: source.runKey, from, to, lines: rows }));
    // An answer that was lost on its way: these very lines are stored already.
    if (result !== 'stored' && result.offset !== to) throw superseded(source.runKey);
    stored = to;
    const { onLimits } = source;
    if (onLimits && rows.some(({ kind }) => kind === 'rateLimit')) await onDatabase(source.signal, onLimits);
  };

  const store = (cut: () => Line[]): Promise<void> => {
    const from = splitter.consumed;
    const rows = cut().map(rowOf);
    const to = splitter.consumed;
    return (before = rows.length === 0 ? before : before.then(() => append(rows, from, to)));
  };

  return {
    push: async (bytes) => store(() => splitter.push(bytes)),
    end: async () => store(() => splitter.flush()),
    get last() {
      return progress.last;
    },
    get openCall() {
      return progress.openCall;
    },
    get offset() {
      return stored;
    },
    get received() {
      return splitter.consumed + splitter.heldBytes;
    },
  };
}
