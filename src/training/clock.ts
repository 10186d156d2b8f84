/** The time that a training takes, apart from the evaluations and measurements around it. */
import type { Step } from '../protocol.ts';

export interface Clock {
  /** Does a step's work and counts its time as training. */
  train<T>(examples: number, work: () => T): T;
  times(step: number): Pick<Step, 'seconds' | 'examplesPerSecond' | 'secondsLeft'>;
  /** A step begins, with all that belongs to it; pauses between steps do not count. */
  begin(): void;
  end(): void;
}

/** Steps over which the speed is averaged. */
const WINDOW = 20;

/**
 * @param steps  the last one
 * @param after  steps that were trained before
 * @param secondsBefore  how long those took
 */
export function startClock(steps: number, after: number, secondsBefore: number): Clock {
  let whole = 0;
  let begun = 0;
  const sinceBegin = (): number => (performance.now() - begun) / 1000;
  const recent: { readonly examples: number; readonly seconds: number }[] = [];
  let seconds = secondsBefore;
  return {
    train(examples, work) {
      const start = performance.now();
      const result = work();
      const spent = (performance.now() - start) / 1000;
      seconds += spent;
      recent.push({ examples, seconds: spent });
      if (recent.length > WINDOW) recent.shift();
      return result;
    },
    times(step) {
      const total = recent.reduce((sum, part) => ({
        examples: sum.examples + part.examples,
        seconds: sum.seconds + part.seconds,
      }));
      const perStep = (whole + sinceBegin()) / (step - after);
      return { seconds, examplesPerSecond: total.examples / total.seconds, secondsLeft: perStep * (steps - step) };
    },
    begin() {
      begun = performance.now();
    },
    end() {
      whole += sinceBegin();
    },
  };
}
