/** Copies of many small contents in few large pieces of memory, which are used again: reading a large tree leaves no garbage behind. */
const PIECE_BYTES = 1024 * 1024;

export class Arena {
  #pieces = [Buffer.allocUnsafe(PIECE_BYTES)];
  #piece = 0;
  #used = 0;

  /** Holds until the next `reset`. */
  copy(content: Buffer): Buffer {
    if (content.length > PIECE_BYTES) return Buffer.from(content);
    if (this.#used + content.length > PIECE_BYTES) {
      this.#piece += 1;
      this.#used = 0;
      this.#pieces[this.#piece] ??= Buffer.allocUnsafe(PIECE_BYTES);
    }
    const copy = (this.#pieces[this.#piece] as Buffer).subarray(this.#used, this.#used + content.length);
    content.copy(copy);
    this.#used += content.length;
    return copy;
  }

  reset(): void {
    this.#piece = 0;
    this.#used = 0;
  }
}
