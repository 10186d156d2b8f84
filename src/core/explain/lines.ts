/**
 * Where the lines of a text start, so that an offset becomes a line and a column and back, both counted from 1 and in
 * UTF-16 code units.
 */
export class Lines {
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(text: string) {
    const starts = [0];
    for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
    this.#starts = starts;
    this.#length = text.length;
  }

  /** The line and the column of an offset; offsets beyond the text belong to its last line. */
  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#start(middle) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#start(low) + 1 };
  }

  /** The offset of a line and a column, no further than the start of the next line. */
  offsetOf({ line, column }: { readonly line: number; readonly column: number }): number {
    return Math.min(this.#start(line - 1) + column - 1, this.#start(line));
  }

  #start(index: number): number {
    return this.#starts[index] ?? this.#length;
  }
}
