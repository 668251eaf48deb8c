/**
 * One run as its followers see it. What a look costs is kept between looks: the connection to the supervisor, whose end says that the
 * state has changed, the watch of the directory, and the open streams. While that connection stands the run is `running`.
 */
import { closeSync, fstatSync, openSync, readSync, watch, type FSWatcher } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { ReadRun, RunChunk, RunState, RunStream } from '../../domain/host-api.ts';
import type { ByteMask } from '../../domain/redact/byte-mask.ts';
import { Bell, ONLY_POLL_MS, SAFETY_POLL_MS } from '../bell.ts';
import { errorCode } from '../host-error.ts';
import { connectSupervisor } from './control-client.ts';
import { readMasked, type Bytes, type ReadBytes } from './masked-read.ts';
import { readStarted } from './run-files.ts';
import { stateOf } from './run-state.ts';

// One answer travels as one base64 message.
const MOST_BYTES = 4 * 1024 * 1024;

const mayStillWrite = (state: RunState): boolean => state.kind === 'running' || state.kind === 'new';

const isAnswer = (chunk: RunChunk): boolean => chunk.data !== '' || !mayStillWrite(chunk.state);

export class FollowedRun {
  readonly #dir: string;
  readonly #bells = new Set<Bell>();
  readonly #streams = new Map<RunStream, number>();
  #watcher: FSWatcher | undefined;
  /** Stands as long as the supervisor lives. */
  #lifeline: { socket: Socket; state: RunState } | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Bytes from `p.offset` on as soon as there are some, or the end of the run; without either after `p.waitMs` or at an abort. */
  async read(p: ReadRun, signal: AbortSignal, mask: ByteMask | null = null): Promise<RunChunk> {
    const deadline = performance.now() + p.waitMs;
    const bell = new Bell();
    this.#bells.add(bell);
    if (p.waitMs > 0) this.#watcher ??= this.#watch();
    try {
      for (;;) {
        const chunk = await this.#chunkNow(p, mask);
        const left = deadline - performance.now();
        if (isAnswer(chunk) || left <= 0 || signal.aborted) return chunk;
        await bell.next(Math.min(left, this.#watcher ? SAFETY_POLL_MS : ONLY_POLL_MS), signal);
      }
    } finally {
      this.#bells.delete(bell);
    }
  }

  /** Nothing stays open; it may be read again. */
  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#lifeline?.socket.destroy();
    this.#lifeline = undefined;
    for (const stream of this.#streams.values()) closeSync(stream);
    this.#streams.clear();
  }

  /** The state is read before the bytes: whoever sees "exited" and no bytes has them all. */
  async #chunkNow(p: ReadRun, mask: ByteMask | null): Promise<RunChunk> {
    const state = await this.#state();
    const range = { offset: p.offset, length: Math.min(p.maxBytes, MOST_BYTES) };
    const read: ReadBytes = (offset, length) => this.#bytes(p.stream, offset, length);
    const { data, size } = mask ? readMasked(read, range, mask, mayStillWrite(state)) : read(range.offset, range.length);
    return { offset: p.offset, data: data.toString('base64'), size, state };
  }

  async #state(): Promise<RunState> {
    if (this.#lifeline) return this.#lifeline.state;
    const state = await stateOf(this.#dir);
    // Until its process is known, the state can change without a word of the supervisor.
    if (state.kind === 'running' && state.process) await this.#holdOn(state);
    return state;
  }

  async #holdOn(state: RunState): Promise<void> {
    const started = await readStarted(this.#dir);
    const socket = started && (await connectSupervisor(this.#dir, started.socket));
    if (!socket) return;
    if (this.#lifeline) return void socket.destroy(); // somebody else was faster
    this.#lifeline = { socket, state };
    socket.resume(); // or its end is never seen
    // The kernel closes it at the supervisor's death: a loss is told as fast as a write.
    socket.on('close', () => {
      if (this.#lifeline?.socket === socket) this.#lifeline = undefined;
      this.#ring();
    });
  }

  // Read at once, not by the thread pool, where a scan of the workspace may stand in line before us.
  #bytes(stream: RunStream, offset: number, length: number): Bytes {
    const file = this.#open(stream);
    if (file === undefined) return { data: Buffer.alloc(0), size: 0 };
    const { size } = fstatSync(file);
    const data = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
    return { data: data.length === 0 ? data : data.subarray(0, readSync(file, data, 0, data.length, offset)), size };
  }

  #open(stream: RunStream): number | undefined {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    try {
      const file = openSync(join(this.#dir, stream), 'r');
      this.#streams.set(stream, file);
      return file;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined; // not begun
      throw error;
    }
  }

  #watch(): FSWatcher | undefined {
    try {
      return watch(this.#dir, () => this.#ring()).on('error', () => this.#ring());
    } catch {
      return undefined; // no run yet, out of inotify watches, or a file system without them
    }
  }

  #ring(): void {
    for (const bell of this.#bells) bell.ring();
  }
}
