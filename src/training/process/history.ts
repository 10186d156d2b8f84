/** What was said of a run so far, for the file that it is saved in and for the curves. */
import type { SavedRun } from '../../protocol.ts';

export type HistoryEvent = SavedRun['events'][number];

/** More steps than any chart has columns; it bounds the memory and the file of a run of days. */
const MOST_STEPS = 20_000;

export class History {
  #events: HistoryEvent[];
  #steps: number;
  readonly #most: number;

  constructor(events: readonly HistoryEvent[] = [], most = MOST_STEPS) {
    this.#events = [...events];
    this.#steps = events.filter(({ event }) => event === 'step').length;
    this.#most = most;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  /** Where there would be more than the most steps, every second one goes first. All other events stay. */
  add(event: HistoryEvent): void {
    if (event.event === 'step') {
      if (this.#steps === this.#most) this.#halve();
      this.#steps += 1;
    }
    this.#events.push(event);
  }

  #halve(): void {
    let place = 0;
    this.#events = this.#events.filter(({ event }) => event !== 'step' || place++ % 2 === 0);
    this.#steps = Math.ceil(this.#steps / 2);
  }
}
