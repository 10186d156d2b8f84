/** One sentence about what a run shows, while it goes on and at its end, with the run's own numbers. */
import { rescaled } from '../core/advice.ts';
import { capitalised, factorWords, listWords, number, roughNumber } from '../core/explain/words.ts';
import type {
  Arm,
  Diverged,
  Evaluated,
  Finished,
  Law,
  PresetName,
  ReductionName,
  Started,
  StepOfArm,
  TrainingEvent,
} from '../protocol.ts';
import { optimizerFamily } from './arms.ts';
import { movedWords } from './presets.ts';

/** What a sentence about a run needs to know of it. */
export interface RunSummary {
  readonly started: Started;
  /** The last one trained; 0 before the first. */
  readonly step: number;
  /** The first and the last update of each arm, by its name. */
  readonly first: ReadonlyMap<string, StepOfArm>;
  readonly last: ReadonlyMap<string, StepOfArm>;
  readonly evaluations: readonly Evaluated[];
  /** How often the weights of sum and mean were compared, the last time at `step`, and how far they were apart at most. */
  readonly compared: { readonly times: number; readonly step: number; readonly largest: number } | null;
  /** As they were judged last. */
  readonly laws: readonly Law[];
  readonly diverged: readonly Diverged[];
  /** Null while it goes on. */
  readonly finished: Finished['reason'] | null;
}

export interface SummaryCollector {
  add(event: TrainingEvent): void;
  /** Null before a training has started. */
  readonly run: RunSummary | null;
}

/** Collects what the events of a training say. A new training starts anew; one that goes on keeps what was said before. */
export function createSummary(): SummaryCollector {
  let run: RunSummary | null = null;
  return {
    add(event) {
      if (event.event === 'started')
        run = { ...(event.after > 0 && run ? run : empty), started: event, finished: null };
      else if (run) run = { ...run, ...change(run, event) };
    },
    get run() {
      return run;
    },
  };
}

const empty: Omit<RunSummary, 'started'> = {
  step: 0,
  first: new Map(),
  last: new Map(),
  evaluations: [],
  compared: null,
  laws: [],
  diverged: [],
  finished: null,
};

function change(run: RunSummary, event: TrainingEvent): Partial<RunSummary> {
  switch (event.event) {
    case 'step': {
      const updates = event.arms.map((update) => [update.arm, update] as const);
      // Of a run that goes on without its past, the first updates are not known.
      const isStart = run.started.after === 0 && updates.some(([arm]) => !run.first.has(arm));
      return {
        step: event.step,
        last: new Map([...run.last, ...updates]),
        ...(isStart ? { first: new Map([...updates, ...run.first]) } : {}),
      };
    }
    case 'evaluated':
      return { evaluations: [...run.evaluations, event] };
    case 'measured': {
      const { step, largestDifference: difference, laws } = event;
      if (difference === null) return { laws };
      const { times, largest } = run.compared ?? { times: 0, largest: 0 };
      return { laws, compared: { times: times + 1, step, largest: Math.max(largest, difference) } };
    }
    case 'diverged':
      return { diverged: [...run.diverged, event] };
    case 'finished':
      // Who saves a run knows its laws to the last evaluation; a training that never started has none.
      return { finished: event.reason, ...(event.laws.length > 0 ? { laws: event.laws } : {}) };
    default:
      return {};
  }
}

/** The sentence that answers a preset's question, as far as the run has come. */
export function finding(preset: PresetName, run: RunSummary): string {
  const clauses = allDiverged(run)
    ? [endOfAll(run)]
    : [...run.diverged.map(({ message }) => message.replace(/\.$/, '')), answers[preset](run) ?? standing(run)];
  const sentence = [...clauses, ...violations(run), ...stop(run)].join('; ');
  return `${capitalised(sentence)}.`;
}

/** Null where the run has not the arms that the question is about, or has no longer. */
const answers: Readonly<Record<PresetName, (run: RunSummary) => string | null>> = {
  'same-rate': sameRate,
  matched,
  'double-batch': doubleBatch,
  'penalty-drifts': penaltyDrifts,
  'worst-case': worstCase,
};

function sameRate(run: RunSummary): string | null {
  const [sum, mean] = [goingOn(run, 'sum'), goingOn(run, 'mean')];
  if (!sum || !mean) return null;
  const { optimizer } = run.started.settings;
  const ratios = firstRatios(run);
  const results = accuracies(run);
  if (optimizerFamily(optimizer) === 'adam' || sum.clipNorm !== null) {
    const how = sum.clipNorm === null ? 'With Adam' : `With the gradient clipped to ${number(sum.clipNorm)}`;
    const lengths = ratios
      ? `sum’s first update is ${timesAsLong(ratios.update)} as mean’s, though its gradient is ${timesAsLong(ratios.gradient)}`
      : 'sum and mean should take steps of like length';
    return joined(
      `${how} and rate ${number(sum.learningRate)} ${lengths}`,
      results && `${results.when}${results.words}`,
    );
  }
  const equivalent = rescaled(sum, 'sgd', 1 / sum.batchSize);
  const penalty = sum.decay === 'coupled' && sum.weightDecay !== 0 ? ` with the penalty ÷ ${sum.batchSize}` : '';
  const trains = ratios && !isViolated(run, 'gradient-ratio') ? 'trains' : 'should train';
  const claim = `at rate ${number(sum.learningRate)} sum ${trains} like a mean at ${number(equivalent.learningRate)}${penalty}`;
  if (results) return `${claim}: ${results.when}${results.words.replace(/^sum /, 'it ')}`;
  return ratios ? `${claim}: its first update is ${timesAsLong(ratios.update)} as mean’s` : claim;
}

function matched(run: RunSummary): string | null {
  const { compared } = run;
  if (!goingOn(run, 'sum') || !goingOn(run, 'mean')) return null;
  const moved = movedWords(run.started.settings);
  if (!compared) return `${moved}, sum and mean should be one training`;
  const { times, step, largest } = compared;
  const results = accuracies(run);
  const comparisons = `${times === 1 ? 'compared' : `compared ${times} times`} up to step ${step}`;
  const verdict =
    largest === 0
      ? `${moved}, sum is mean: ${comparisons}, no weight differs, not even in its last bit`
      : `${moved}, sum ${isViolated(run, 'matched-weights') ? 'leaves' : 'follows'} mean: ${comparisons}, weights differ by ${finite(largest, roughNumber)} at most`;
  return joined(verdict, results && `${results.when}${results.words}`);
}

/** What the Linear Scaling Rule counts as about the same held-out loss. */
const ABOUT_EQUAL = 0.1;

function doubleBatch(run: RunSummary): string | null {
  const pairs = pairsOf(run).filter(({ small, large }) => isGoingOn(run, small) && isGoingOn(run, large));
  const [pair] = pairs;
  if (!pair) return null;
  const [small, large] = [pair.small.batchSize, pair.large.batchSize];
  // An arm with the larger batch may lag behind by a few batches; they are comparable where they have seen the same.
  const last = run.evaluations
    .map(({ arms }) =>
      pairs.flatMap((each) => {
        const before = arms.find(({ arm }) => arm === each.small.name);
        const after = arms.find(({ arm }) => arm === each.large.name);
        return before && after && before.examples === after.examples ? [{ ...each, before, after }] : [];
      }),
    )
    .findLast((results) => results.length > 0);
  if (!last) {
    const rates = pairs.map((each) => `${each.reduction} ${rateWords(each)}`);
    return `from batch ${small} to ${large} ${listWords(rates)}, and they have not been evaluated after the same examples yet`;
  }
  const losses = last.map(({ reduction, before, after, ...each }) => {
    const [first, second] = [finite(before.loss, fixed), finite(after.loss, fixed)];
    return `${first} and ${second} for ${reduction}, which ${rateWords(each)}`;
  });
  const apart = Math.max(...last.map(({ before, after }) => Math.abs(after.loss / before.loss - 1)));
  const rule =
    optimizerFamily(run.started.settings.optimizer) === 'adam' ? 'a rule of thumb' : 'the Linear Scaling Rule';
  const verdict = `: ${percent(apart)} apart, ${apart <= ABOUT_EQUAL ? 'within' : 'more than'} the tenth that ${rule} allows`;
  const examples = last[0]?.before.examples.toLocaleString('en-US');
  return `after the same ${examples} examples the held-out loss at batch ${small} and ${large} is ${losses.join(', and ')}${Number.isFinite(apart) ? verdict : ''}`;
}

interface Pair {
  readonly reduction: ReductionName;
  readonly small: Arm;
  readonly large: Arm;
}

/** The arms of sum and of mean at both batch sizes. */
function pairsOf({ started }: RunSummary): Pair[] {
  return (['sum', 'mean'] as const).flatMap((reduction) => {
    const arms = started.arms.filter((arm) => arm.reduction === reduction);
    const small = arms.find(({ batchFactor }) => batchFactor === 1);
    const large = arms.find(({ batchFactor }) => batchFactor > 1);
    return small && large ? [{ reduction, small, large }] : [];
  });
}

function rateWords({ small, large }: Pick<Pair, 'small' | 'large'>): string {
  const factor = large.learningRate / small.learningRate;
  return factor === 1 ? 'keeps its rate' : `takes its rate ${factorWords(factor)}`;
}

function penaltyDrifts(run: RunSummary): string | null {
  const { weightDecay, decay } = run.started.settings;
  if (weightDecay === 0 || decay === 'decoupled')
    return 'without a penalty in the loss there is nothing that could drift';
  const [pair] = pairsOf(run);
  if (!pair) return null;
  const sizes = `from batch ${pair.small.batchSize} to ${pair.large.batchSize}`;
  const shares = pairsOf(run).flatMap(({ reduction, small, large }) => {
    const [before, after] = [firstShare(run, small), firstShare(run, large)];
    return before === null || after === null ? [] : [`from ${share(before)} to ${share(after)} under ${reduction}`];
  });
  const law = run.laws.find((each) => each.law === 'penalty-share');
  const exact =
    law?.measured && isFiniteText(law.measured)
      ? `with every example of a batch twice the penalty’s share of the gradient shrinks, ${law.measured}`
      : `${sizes} the penalty’s share should be divided by ${pair.large.batchFactor} in sum’s gradient and stay in mean’s`;
  return joined(
    exact,
    shares.length > 0
      ? `${sizes}, with other examples, its share in the first gradient goes ${listWords(shares)}`
      : null,
  );
}

/** ‖β ∇R‖ / ‖∇ data‖ at the first update of an arm, at the weights that all arms start from. */
function firstShare({ first }: RunSummary, { name }: Arm): number | null {
  const update = first.get(name);
  if (!update) return null;
  const ratio = update.penaltyGradientNorm / update.dataGradientNorm;
  return Number.isFinite(ratio) && ratio > 0 ? ratio : null;
}

function worstCase(run: RunSummary): string | null {
  const max = goingOn(run, 'max');
  if (!max) return null;
  const evaluation = run.evaluations.at(-1);
  if (!evaluation) {
    const update = run.last.get(max.name);
    const loss = update ? `, ${finite(update.objective, fixed)} at step ${run.step}` : '';
    return `max follows the one example of ${max.batchSize} with the largest loss${loss}, and nothing has been evaluated yet`;
  }
  const { classes, heldOut } = run.started.data;
  const results = inOrder(evaluation.arms, 'max').map(({ arm, accuracy, classAccuracy }, i) => {
    const worst = worstClass(classAccuracy, classes);
    const inWorst = worst
      ? ` and ${percent(worst.accuracy)} in ${i === 0 ? 'its worst class, ' : ''}${worst.name}`
      : '';
    return i === 0
      ? `${arm} gets ${percent(accuracy)} of the held-out examples right${inWorst}`
      : `${arm} ${percent(accuracy)}${inWorst}`;
  });
  const own = evaluation.arms.find(({ arm }) => arm === max.name);
  const guesses = own && isGuessing(own.accuracy, classes.length, heldOut);
  const uniform = Math.log(classes.length);
  const why =
    own && Math.abs(own.loss / uniform - 1) < 0.002
      ? `, and its loss of ${fixed(own.loss)} is that of equal probabilities for all classes`
      : '';
  return `${whenEvaluated(run, evaluation)}${results.join(', ')}${guesses ? `; max is no better than guessing${why}` : ''}`;
}

function worstClass(accuracies: readonly (number | null)[], classes: readonly string[]) {
  const known = accuracies.flatMap((accuracy, i) =>
    accuracy === null ? [] : [{ accuracy, name: classes[i] ?? `class ${i}` }],
  );
  return known.length > 0 ? known.reduce((worst, each) => (each.accuracy < worst.accuracy ? each : worst)) : null;
}

/** Within three standard deviations of what equal chances give. */
function isGuessing(accuracy: number, classes: number, examples: number): boolean {
  const chance = 1 / classes;
  return accuracy <= chance + 3 * Math.sqrt((chance * (1 - chance)) / examples);
}

/** What can be said of any run. */
function standing(run: RunSummary): string {
  const results = accuracies(run);
  if (results) return `${results.when}${results.words}`;
  if (run.step === 0) return 'nothing has been trained yet';
  const losses = run.started.arms.flatMap((arm) => {
    const update = run.last.get(arm.name);
    return update && isGoingOn(run, arm) ? [`${arm.name} ${finite(update.loss, fixed)}`] : [];
  });
  const known = losses.length > 0 ? ` the loss per example is ${losses.join(', ')}, and` : '';
  return `at step ${run.step}${known} nothing has been evaluated yet`;
}

const allDiverged = ({ started, diverged, finished }: RunSummary): boolean =>
  finished === 'all diverged' || started.arms.every(({ name }) => diverged.some(({ arm }) => arm === name));

function endOfAll({ diverged, started }: RunSummary): string {
  const ends = diverged.map(({ arm, step }) => `${arm} at step ${step}`);
  const what = ends.length > 0 ? `: ${listWords(ends)}` : '';
  return `every arm diverged${what}; learning rate ${number(started.settings.learningRate)} is too large here`;
}

function stop({ finished, step, started }: RunSummary): string[] {
  if (finished !== 'stopped') return [];
  return [`it was stopped at step ${step} of ${started.settings.steps}`];
}

/** Where a measurement contradicts the theory, which rules of thumb cannot. */
function violations({ laws }: RunSummary): string[] {
  return laws.flatMap(({ title, holds, heuristic, deviation, limit }) => {
    if (holds !== false || heuristic) return [];
    if (deviation === null || !Number.isFinite(deviation))
      return [`against the theory, “${title}” could not be calculated`];
    return [
      `against the theory, “${title}” is off by ${roughNumber(deviation)}, and rounding explains ${number(limit ?? 0)}`,
    ];
  });
}

const isViolated = ({ laws }: RunSummary, name: Law['law']): boolean =>
  laws.some(({ law, holds }) => law === name && holds === false);

/** How the first updates of sum and mean compare, at the same weights and on the same batch. */
function firstRatios({ first }: RunSummary): { readonly gradient: number; readonly update: number } | null {
  const [sum, mean] = [first.get('sum'), first.get('mean')];
  if (!sum || !mean) return null;
  const ratios = { gradient: sum.gradientNorm / mean.gradientNorm, update: sum.updateNorm / mean.updateNorm };
  return Number.isFinite(ratios.gradient) && Number.isFinite(ratios.update) ? ratios : null;
}

/** `sum gets 84.5 % of the held-out examples right, mean 16.0 %`, of the arms at the batch size that go on, where one was evaluated. */
function accuracies(run: RunSummary): { readonly when: string; readonly words: string } | null {
  const evaluation = run.evaluations.at(-1);
  const results = inOrder(evaluation?.arms ?? [], 'sum').filter(({ arm }) =>
    run.started.arms.some((each) => each.name === arm && isGoingOn(run, each)),
  );
  if (!evaluation || results.length === 0) return null;
  const [first, second] = results.map(({ accuracy }) => percent(accuracy));
  if (results.length === 2 && first === second) {
    return { when: whenEvaluated(run, evaluation), words: `both get ${first} of the held-out examples right` };
  }
  const words = results.map(({ arm, accuracy }, i) =>
    i === 0 ? `${arm} gets ${percent(accuracy)} of the held-out examples right` : `${arm} ${percent(accuracy)}`,
  );
  return { when: whenEvaluated(run, evaluation), words: words.join(', ') };
}

/** An evaluation is as old as its step; at the end of a run there is one of the last step, which needs no words. */
const whenEvaluated = ({ finished }: RunSummary, { step }: Evaluated): string =>
  finished === 'completed' ? '' : `after ${step} ${step === 1 ? 'step' : 'steps'} `;

/** The arm that the sentence is about comes first. */
const inOrder = <T extends { readonly arm: string }>(arms: readonly T[], first: ReductionName): T[] => [
  ...arms.filter(({ arm }) => arm === first),
  ...arms.filter(({ arm }) => arm !== first),
];

/** The arm of a reduction at the experiment's batch size, unless it diverged. */
const goingOn = (run: RunSummary, name: ReductionName): Arm | undefined =>
  run.started.arms.find((arm) => arm.name === name && isGoingOn(run, arm));

const isGoingOn = ({ diverged }: RunSummary, { name }: Arm): boolean => !diverged.some(({ arm }) => arm === name);

const joined = (...clauses: readonly (string | null)[]): string =>
  clauses.filter((clause) => clause !== null).join('; ');

const finite = (x: number, words: (x: number) => string): string =>
  Number.isFinite(x) ? words(x) : 'no finite number';

const isFiniteText = (text: string): boolean => !/NaN|Infinity/.test(text);

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

const share = (part: number): string => `${roughNumber(100 * part)} %`;

const fixed = (x: number): string => (Math.abs(x) < 1000 ? x.toFixed(3) : roughNumber(x));

/** `128 times as long`. */
const timesAsLong = (ratio: number): string => {
  const words = roughNumber(ratio);
  return words === '1' ? 'as long' : `${words} times as long`;
};
