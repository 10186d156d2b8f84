/** What was said of a run so far, for the file that it is saved in, for the curves, and for a page that is built up again. */

/** More steps than any chart has columns; it bounds the memory and the file of a run of days. */
const MOST_STEPS = 20_000;

/** Events, or the lines that they came in. */
export class History<T> {
  readonly #isStep: (entry: T) => boolean;
  readonly #most: number;
  #entries: T[];
  #steps: number;

  constructor(isStep: (entry: T) => boolean, entries: readonly T[] = [], most = MOST_STEPS) {
    this.#isStep = isStep;
    this.#most = most;
    this.#entries = [...entries];
    this.#steps = entries.filter(isStep).length;
  }

  get entries(): readonly T[] {
    return this.#entries;
  }

  /** Where there would be more than the most steps, every second one goes first. All other entries stay. */
  add(entry: T): void {
    if (this.#isStep(entry)) {
      if (this.#steps === this.#most) this.#halve();
      this.#steps += 1;
    }
    this.#entries.push(entry);
  }

  clear(): void {
    this.#entries = [];
    this.#steps = 0;
  }

  #halve(): void {
    let place = 0;
    this.#entries = this.#entries.filter((entry) => !this.#isStep(entry) || place++ % 2 === 0);
    this.#steps = Math.ceil(this.#steps / 2);
  }
}
