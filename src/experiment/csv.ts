/**
 * A run as comma-separated values (RFC 4180): one row for each step of each arm, and what the evaluation after it
 * found.
 */
import type { Evaluated, Started, Step, StepOfArm, TrainingEvent } from '../protocol.ts';

type EvaluatedArm = Evaluated['arms'][number];

/** What a row is written from: the step, the evaluation, or both. */
interface Source {
  readonly step: number;
  readonly arm: string;
  readonly clock: Step | null;
  readonly trained: StepOfArm | null;
  readonly evaluated: EvaluatedArm | null;
}

type Value = string | number | null | undefined;
type Column = readonly [title: string, value: (source: Source) => Value];

const columns: readonly Column[] = [
  ['step', ({ step }) => step],
  ['arm', ({ arm }) => arm],
  ['epoch', ({ clock }) => clock?.epoch],
  ['training time (s)', ({ clock }) => clock?.seconds],
  ['examples', ({ trained }) => trained?.examples],
  ['loss per example', ({ trained }) => trained?.loss],
  ['data term as reduced', ({ trained }) => trained?.objective],
  ['data gradient norm', ({ trained }) => trained?.dataGradientNorm],
  ['penalty gradient norm', ({ trained }) => trained?.penaltyGradientNorm],
  ['gradient norm', ({ trained }) => trained?.gradientNorm],
  ['update norm', ({ trained }) => trained?.updateNorm],
  ['weight norm', ({ trained }) => trained?.weightNorm],
  ['selected example (number)', ({ trained }) => trained?.selected],
  ['held-out examples', ({ evaluated }) => evaluated?.examples],
  ['held-out loss per example', ({ evaluated }) => evaluated?.loss],
  ['held-out accuracy (%)', ({ evaluated }) => percent(evaluated?.accuracy)],
];

/** Accuracies come as single-precision fractions of counts: six digits are all that they say. */
const percent = (fraction: number | null | undefined): Value =>
  fraction === null || fraction === undefined ? fraction : Number((100 * fraction).toPrecision(6));

const classColumn = (name: string, index: number): Column => [
  `held-out accuracy of ${name} (%)`,
  ({ evaluated }) => percent(evaluated?.classAccuracy[index]),
];

/**
 * The rows of a run with a header, each with its line end. Numbers are written in full, those that are not finite as
 * `NaN`, `Infinity` and `-Infinity`; a field is empty where nothing was measured. The classes get their columns from
 * the `started` event, where it comes first.
 */
export function* csvLines(events: Iterable<TrainingEvent>): Generator<string> {
  let all: readonly Column[] | null = null;
  let step: Step | null = null;
  let evaluated: Evaluated | null = null;

  function* header(started: Started | null): Generator<string> {
    if (all) return;
    all = [...columns, ...(started?.data.classes ?? []).map(classColumn)];
    yield lineOf(all.map(([title]) => title));
  }
  function* rows(): Generator<string> {
    for (const source of sourcesOf(step, evaluated)) yield lineOf((all ?? columns).map(([, value]) => value(source)));
    step = null;
    evaluated = null;
  }

  for (const event of events) {
    if (event.event === 'started') yield* header(event);
    if (event.event !== 'step' && event.event !== 'evaluated') continue;
    yield* header(null);
    const open: number | undefined = (evaluated as Evaluated | null)?.step ?? (step as Step | null)?.step;
    if (open !== undefined && (event.step !== open || event.event === 'step')) yield* rows();
    if (event.event === 'step') step = event;
    else evaluated = event;
  }
  yield* header(null);
  yield* rows();
}

/** The same as one text. */
export const csvOf = (events: Iterable<TrainingEvent>): string => [...csvLines(events)].join('');

/** Arms with a larger batch may be evaluated at a step that they took no part in. */
function sourcesOf(step: Step | null, evaluated: Evaluated | null): Source[] {
  const names = new Set([...(step?.arms ?? []), ...(evaluated?.arms ?? [])].map(({ arm }) => arm));
  return [...names].map((arm) => ({
    step: step?.step ?? evaluated?.step ?? 0,
    arm,
    clock: step,
    trained: step?.arms.find((one) => one.arm === arm) ?? null,
    evaluated: evaluated?.arms.find((one) => one.arm === arm) ?? null,
  }));
}

const lineOf = (values: readonly Value[]): string => `${values.map(field).join(',')}\r\n`;

function field(value: Value): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
