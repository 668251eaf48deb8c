/** Standard input of a run that may be told more: open until a line of its output says that it has done its work. */
import { closeSync, openSync, readSync, watch, type FSWatcher } from 'node:fs';
import type { Writable } from 'node:stream';
import { errorText } from '../host-error.ts';
import { ONLY_POLL_MS, SAFETY_POLL_MS } from '../bell.ts';

const CHUNK_BYTES = 64 * 1024;
/** A longer line is none that says the end. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Looks at each whole line of a file once. */
class LineReader {
  readonly #file: number;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #offset = 0;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** Whether `is` holds of a line that has come since the last look. */
  some(is: (line: Buffer) => boolean): boolean {
    for (let found = false; ;) {
      const bytes = readSync(this.#file, this.#chunk, 0, CHUNK_BYTES, this.#offset);
      if (bytes === 0) return found;
      this.#offset += bytes;
      found = this.#take(Buffer.from(this.#chunk.subarray(0, bytes)), is) || found;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #take(bytes: Buffer, is: (line: Buffer) => boolean): boolean {
    let found = false;
    let from = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      this.#keep(bytes.subarray(from, end));
      found = (this.#restBytes <= LONGEST_LINE && is(Buffer.concat(this.#rest))) || found;
      this.#rest = [];
      this.#restBytes = 0;
      from = end + 1;
    }
    this.#keep(bytes.subarray(from));
    return found;
  }

  #keep(part: Buffer): void {
    this.#restBytes += part.length;
    if (this.#restBytes <= LONGEST_LINE) this.#rest.push(part);
    else this.#rest = [];
  }
}

/** JSON is only read where its text lets hope for it: most lines are no end, and some are large. */
function saysEnd(until: Record<string, string>): (line: Buffer) => boolean {
  const members = Object.entries(until);
  const hints = members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return (line) => {
    if (!hints.every((hint) => line.includes(hint))) return false;
    try {
      const json = JSON.parse(line.toString('utf8')) as Record<string, unknown> | null;
      return members.every(([name, value]) => json?.[name] === value);
    } catch {
      return false;
    }
  };
}

export class RunInput {
  readonly #stdin: Writable;
  readonly #lines: LineReader;
  readonly #isEnd: (line: Buffer) => boolean;
  readonly #watcher: FSWatcher | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #sent = new Set<string>();
  #isOpen = true;

  /** `out`: path of the file the run's output goes to. */
  constructor(stdin: Writable, out: string, until: Record<string, string>) {
    this.#stdin = stdin;
    this.#isEnd = saysEnd(until);
    this.#lines = new LineReader(out);
    this.#watcher = watchFile(out, () => this.#look());
    this.#timer = setInterval(() => this.#look(), this.#watcher ? SAFETY_POLL_MS : ONLY_POLL_MS);
  }

  /** False when the run takes no more. The same id again is not sent again. */
  send(id: string, text: string): boolean {
    this.#look();
    if (this.#sent.has(id)) return true;
    if (!this.#isOpen || this.#stdin.destroyed) return false;
    this.#sent.add(id);
    this.#stdin.write(text);
    return true;
  }

  /** Nothing more comes. May be repeated. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#lines.close();
    this.#stdin.end();
  }

  #look(): void {
    if (!this.#isOpen) return;
    try {
      if (this.#lines.some(this.#isEnd)) this.close();
    } catch (error) {
      // Without a look at its output nobody could tell its end: better one that takes no more than one that never ends.
      process.stderr.write(`the output cannot be read: ${errorText(error)}\n`);
      this.close();
    }
  }
}

function watchFile(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, onChange);
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return undefined; // out of inotify watches, or a file system without them
  }
}
