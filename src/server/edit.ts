import type { Range } from '../core/analysis.ts';

/** The one change that turns a text into a later one: what lies between their common beginning and their common end. */
export class Edit {
  readonly #start: number;
  readonly #endBefore: number;
  readonly #endAfter: number;

  constructor(before: string, after: string) {
    const shorter = before === after ? 0 : Math.min(before.length, after.length);
    let start = 0;
    while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
    let end = 0;
    while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
    this.#start = start;
    this.#endBefore = before.length - end;
    this.#endAfter = after.length - end;
  }

  /** Where a range of the earlier text lies in the later one. What was inserted at one of its ends is not part of it. */
  after({ start, end }: Range): Range {
    const from = start < this.#start ? start : move(start, this.#endBefore, this.#endAfter);
    return { start: from, end: Math.max(from, end <= this.#start ? end : move(end, this.#endBefore, this.#endAfter)) };
  }

  /** Where an offset of the later text lay in the earlier one. */
  before(offset: number): number {
    return offset <= this.#start ? offset : move(offset, this.#endAfter, this.#endBefore);
  }
}

/** What stands behind the change moves along; what was changed ends, at the latest, where the change ends. */
function move(offset: number, oldEnd: number, newEnd: number): number {
  return offset >= oldEnd ? offset + newEnd - oldEnd : Math.min(offset, newEnd);
}
