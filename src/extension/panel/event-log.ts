/** The lines of a run's events, kept for a page that is built up again. */

/** More steps than any chart has columns. */
const MOST_STEPS = 20_000;

const STEP = '{"event":"step"';

/** Whether a line needs no look by the extension: only the page reads the steps. */
export const isStep = (line: string): boolean => line.startsWith(STEP);

export class EventLog {
  #lines: string[] = [];
  #steps = 0;

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Where there would be more than the most steps, every second one goes first. All other events stay. */
  add(line: string): void {
    if (isStep(line)) {
      if (this.#steps === MOST_STEPS) this.#halve();
      this.#steps += 1;
    }
    this.#lines.push(line);
  }

  clear(): void {
    this.#lines = [];
    this.#steps = 0;
  }

  #halve(): void {
    let place = 0;
    this.#lines = this.#lines.filter((line) => !isStep(line) || place++ % 2 === 0);
    this.#steps = Math.ceil(this.#steps / 2);
  }
}
