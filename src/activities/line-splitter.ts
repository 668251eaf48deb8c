/** Cuts a byte stream into lines and knows the offset of each; a line may be split at any byte. */

export interface Line {
  /** Of the line's first byte in the stream. */
  offset: number;
  /** Without its newline. */
  raw: Buffer;
}

export class LineSplitter {
  private pending: Buffer[] = [];
  /** First byte that has not been given out as part of a line. */
  private start: number;

  constructor(offset: number) {
    this.start = offset;
  }

  /** Offset up to which all lines have been given out: where a follower starts again. */
  get consumed(): number {
    return this.start;
  }

  /** Bytes held back because their line is not complete. */
  get heldBytes(): number {
    return this.pending.reduce((sum, part) => sum + part.length, 0);
  }

  push(bytes: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      this.pending.push(bytes.subarray(from, at));
      lines.push(this.take(1));
      from = at + 1;
    }
    if (from < bytes.length) this.pending.push(bytes.subarray(from));
    return lines;
  }

  /** The last line of a stream that has ended without a newline. */
  flush(): Line[] {
    return this.heldBytes === 0 ? [] : [this.take(0)];
  }

  private take(newlineBytes: number): Line {
    const raw = Buffer.concat(this.pending);
    const line = { offset: this.start, raw };
    this.pending = [];
    this.start += raw.length + newlineBytes;
    return line;
  }
}
