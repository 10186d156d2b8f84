/**
 * What the training of sum against mean can take over from a loss in a user's file. Nothing is guessed: what the analysis did not find, or only
 * assumed, stays open, and a note says so.
 */
import type { BatchSize, Clip, Loss, LossTerm, Optimizer, Range, Setting } from './analysis.ts';
import { axesWords, batchDegree, growthWords, listWords, number, reductionWords, shortName } from './explain/words.ts';

export interface Found<T> {
  readonly value: T;
  /** Where it was read; that of the optimiser where it is the framework's own default. */
  readonly range: Range;
  /** A default that a launch may override. */
  readonly isDefault: boolean;
}

type OrNot<T> = Found<T> | null;

export interface Comparison {
  readonly range: Range;
  readonly reduction: OrNot<'sum' | 'mean' | 'max'>;
  readonly batchSize: OrNot<number>;
  readonly learningRate: OrNot<number>;
  readonly optimizer: OrNot<'sgd' | 'momentum' | 'adam'>;
  /** β of a penalty β·½‖w‖² in the loss, or the optimiser's decay; 0 where it is known that there is none. */
  readonly weightDecay: OrNot<number>;
  readonly decay: OrNot<'coupled' | 'decoupled'>;
  /** The largest norm of the gradient. */
  readonly clipNorm: OrNot<number>;
  /** Of Adam, outside of the root. */
  readonly epsilon: OrNot<number>;
  /** Whole sentences: what cannot be trained, and what is shown differently. “Here” is where they are read: in the comparison. */
  readonly notes: readonly string[];
}

/** The momentum of the optimiser that trains with one. */
const MOMENTUM = 0.9;

const TRAINED_OPTIMIZERS: readonly string[] = ['SGD', 'Momentum', 'Adam', 'AdamW'];

/** What a loss can be compared by; null where no term of it is known to come from data. */
export function comparisonOf(loss: Loss): Comparison | null {
  const { alternatives, terms, batchSize, optimizer, clip, range, sinkRange } = loss;
  const branches = alternatives.length > 0 ? alternatives.map((alternative) => alternative.terms) : [terms];
  if (!branches.flat().some(isKnownData)) return null;
  const trained = optimizer && TRAINED_OPTIMIZERS.includes(shortName(optimizer.name)) ? optimizer : null;
  const reduction = sameOnAll('reduction', branches.map(readReduction));
  const batch = readSetting('batch size', batchSize, sinkRange, isCount);
  const rate = readSetting('learning rate', trained?.learningRate ?? null, trained?.where ?? sinkRange, isPositive);
  const step = readOptimizer(optimizer, trained);
  const penalty = sameOnAll(
    'penalty',
    branches.map((branch) => readDecay(branch, trained, loss.sink, batchSize)),
  );
  const threshold = readClip(clip, loss);
  const epsilon =
    trained?.family === 'adam' && trained.epsilon?.place === 'outside-root'
      ? readSetting('epsilon', trained.epsilon, trained.where, isPositive)
      : nothing();
  const notes = [
    ...assumptionsOf(loss),
    ...reduction.notes,
    ...branches.flatMap(furtherTerms),
    ...batch.notes,
    ...step.notes,
    ...rate.notes,
    ...(trained ? scheduleNote(trained) : []),
    ...penalty.notes,
    ...threshold.notes,
    ...epsilon.notes,
  ];
  return {
    range,
    reduction: reduction.found,
    batchSize: batch.found,
    learningRate: rate.found,
    optimizer: step.found,
    weightDecay: penalty.found && { ...penalty.found, value: penalty.found.value.coefficient },
    decay: decayOf(penalty.found),
    clipNorm: threshold.found,
    epsilon: epsilon.found,
    notes: [...new Set(notes)],
  };
}

/** What was found of one setting, and what there is to say about it. */
interface Reading<T> {
  readonly found: Found<T> | null;
  readonly notes: readonly string[];
}

const nothing = (...notes: readonly string[]): Reading<never> => ({ found: null, notes });

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);
const isNotNegative = (value: number): boolean => value === 0 || isPositive(value);
const isCount = (value: number): boolean => value > 0 && Number.isSafeInteger(value);

function readSetting(
  name: string,
  setting: Setting<number | null> | BatchSize | null,
  owner: Range,
  isValid: (value: number) => boolean,
): Reading<number> {
  if (!setting) return nothing();
  const { value, where, origin, text } = setting;
  if (value === null) return nothing(`The ${name}, ${quoted(text)}, has no one number in your file.`);
  if (origin === 'assumed') return nothing(`The ${name} of ${number(value)} is assumed, and was not found.`);
  if (!isValid(value)) return nothing(`The ${name} of ${number(value)} cannot be trained here.`);
  return { found: { value, range: where ?? owner, isDefault: origin === 'argument-default' }, notes: [] };
}

/** What holds whatever branch the loss comes from. */
function sameOnAll<T>(what: string, readings: readonly Reading<T>[]): Reading<T> {
  const [first, ...others] = readings;
  if (!first) return nothing();
  const notes = readings.flatMap((reading) => reading.notes);
  const value = JSON.stringify(first.found?.value ?? null);
  const isSame = others.every(({ found }) => JSON.stringify(found?.value ?? null) === value);
  return isSame ? { found: first.found, notes } : nothing(`The ${what} depends on a branch in your file.`, ...notes);
}

// ── The terms ──

/** Not a function of the weights that examples only scale. */
const isKnownData = (term: LossTerm): boolean =>
  term.kind === 'data' && batchDegree(term) !== null && !term.over.includes('P');

function readReduction(terms: readonly LossTerm[]): Reading<'sum' | 'mean' | 'max'> {
  const data = terms.filter(isKnownData);
  const [first] = data;
  if (!first) return nothing();
  const reductions = new Set(data.map(trainedReduction));
  const [value] = reductions;
  const read = listWords([...new Set(data.map(reductionWords))]);
  if (reductions.size > 1) return nothing(`The terms of the loss are reduced differently: ${read}.`);
  const degree = batchDegree(first) ?? 0;
  const growth = degree === 0 || degree === 1 ? '' : `, with a gradient that grows with ${growthWords({ B: degree })}`;
  if (!value) return nothing(`The reduction of your file cannot be trained here: ${read}${growth}.`);
  const assumed = data.flatMap((term) => term.assumed);
  if (assumed.length > 0)
    return nothing(`That the loss is reduced by a ${value} rests on an assumption: ${listWords(assumed)}.`);
  return { found: { value, range: first.range, isDefault: false }, notes: dataNotes(first) };
}

/** The reduction that makes every example of the batch count as in this term; null where none does. */
function trainedReduction(term: LossTerm): 'sum' | 'mean' | 'max' | null {
  const { reduction, over } = term;
  if (!over.includes('B')) return null;
  const degree = batchDegree(term);
  if (reduction === 'max') return degree === 0 ? 'max' : null;
  if (term.selection) return null;
  const isAverage = reduction === 'mean' || reduction === 'sum-then-mean' || reduction === 'mean-then-sum';
  if (degree === 1) return isAverage || reduction === 'sum' ? 'sum' : null;
  return degree === 0 && isAverage ? 'mean' : null;
}

function dataNotes({ coefficient, degrees, over, reduction }: LossTerm): string[] {
  // Axes without a name say something only where they are reduced apart from the batch.
  const apart = reduction === 'sum-then-mean' || reduction === 'mean-then-sum';
  const inner = over.filter((axis) => axis === 'T' || axis === 'F' || axis === 'Z' || (axis === 'I' && apart));
  const outer = (['K', 'N'] as const).filter((axis) => degrees[axis] !== undefined);
  return [
    ...(coefficient ? [`The data term is multiplied by ${coefficient.text} in your file, and not here.`] : []),
    ...(inner.length > 0
      ? [`The loss of an example is reduced over ${axesWords(inner)} in your file; here it is one cross-entropy.`]
      : []),
    ...(outer.length > 0 ? [`A step of your file takes several ${axesWords(outer)}; here it takes one batch.`] : []),
  ];
}

function furtherTerms(terms: readonly LossTerm[]): string[] {
  const first = terms.find(isKnownData);
  return terms
    .filter((term) => term.kind !== 'penalty' && term !== first)
    .map(({ text, reason }) => {
      const why = reason ? `: ${reason}` : '';
      return `The loss has a further term, ${quoted(text)}, which is not trained here${why}.`;
    });
}

/** What was assumed of the loss as a whole. What was assumed of its terms decides whether they are found. */
function assumptionsOf({ assumed, terms }: Loss): string[] {
  const ofTerms = new Set(terms.flatMap((term) => term.assumed));
  return assumed.filter((text) => !ofTerms.has(text)).map((text) => `Assumed of this loss: ${text}.`);
}

// ── The optimiser ──

function readOptimizer(optimizer: Optimizer | null, trained: Optimizer | null): Reading<'sgd' | 'momentum' | 'adam'> {
  if (!optimizer) return nothing();
  const name = shortName(optimizer.name);
  const rate = optimizer.learningRate?.value ?? null;
  if (!trained) {
    const settings = rate === null ? 'its settings mean' : `its learning rate of ${number(rate)} means`;
    return nothing(`${name} cannot be trained here, and ${settings} something else to another optimiser.`);
  }
  const notes = trained.notConvertible ? [trained.notConvertible] : [];
  const found = <T>(value: T, isDefault = false): Reading<T> => ({
    found: { value, range: trained.where, isDefault },
    notes,
  });
  if (trained.family === 'adam') return found('adam');
  const { momentum } = trained;
  if (!momentum) return found('sgd');
  const isDefault = momentum.origin === 'argument-default';
  if (momentum.value === 0) return found('sgd', isDefault);
  if (momentum.value === null)
    return nothing(...notes, `The momentum, ${quoted(momentum.text)}, has no one number in your file.`);
  const reading = found('momentum' as const, isDefault);
  return momentum.value === MOMENTUM
    ? reading
    : { ...reading, notes: [...notes, `The momentum is ${number(momentum.value)} in your file and ${MOMENTUM} here.`] };
}

function scheduleNote({ schedule, learningRate }: Optimizer): string[] {
  if (schedule === null || schedule === 'constant') return [];
  const start = learningRate?.value == null ? '' : ` starts at ${number(learningRate.value)} and`;
  return [`The learning rate${start} follows ${schedule} in your file; here it stays.`];
}

function readClip(clip: Clip | null, { framework, sinkRange }: Loss): Reading<number> {
  if (!clip) return nothing();
  const { type, threshold } = clip;
  if (type === 'value') return nothing('Your file clips the gradient by value; here it can be clipped by its norm.');
  const { found, notes } = readSetting('clip threshold', threshold, sinkRange, isPositive);
  // Elsewhere there are clips by the norm of each variable too, which the analysis does not tell apart.
  const whole = found && !/torch/i.test(framework);
  return { found, notes: [...notes, ...(whole ? ['Here the norm of the gradient as a whole is clipped.'] : [])] };
}

// ── The penalty ──

interface Decay {
  readonly coefficient: number;
  readonly coupling: 'coupled' | 'decoupled';
}

function decayOf(found: Found<Decay> | null): Comparison['decay'] {
  return found && found.value.coefficient !== 0
    ? { value: found.value.coupling, range: found.range, isDefault: false }
    : null;
}

function readDecay(
  terms: readonly LossTerm[],
  optimizer: Optimizer | null,
  sink: string,
  batchSize: BatchSize | null,
): Reading<Decay> {
  const decay = optimizer?.weightDecay ?? null;
  const penalties = terms.filter((term) => term.kind === 'penalty' && !term.fromOptimizer);
  const [first] = penalties;
  if (!first && !decay) return readNoDecay(terms, optimizer, sink);
  if (!first) return readOptimizerDecay(decay, optimizer);
  const readings = penalties.map((term) => readPenalty(term, batchSize));
  const values = new Set(readings.map(({ found }) => found?.value ?? null));
  if (decay || values.size > 1) {
    const names = [...penalties.map(({ text }) => quoted(text)), ...(decay ? ['the optimiser’s weight decay'] : [])];
    return nothing(`Here one penalty with one coefficient can be trained; your file has ${listWords(names)}.`);
  }
  const notes = readings.flatMap((reading) => reading.notes);
  const found = readings[0]?.found ?? null;
  return { found: found && { ...found, value: { coefficient: found.value, coupling: 'coupled' } }, notes };
}

/** None in the optimiser and none in the loss. What the layers of a compiled model add to its loss may stand in another file. */
function readNoDecay(terms: readonly LossTerm[], optimizer: Optimizer | null, sink: string): Reading<Decay> {
  if (!optimizer || sink === 'compile' || terms.some(mayBePenalty)) return nothing();
  const value: Decay = { coefficient: 0, coupling: 'coupled' };
  return { found: { value, range: optimizer.where, isDefault: false }, notes: [] };
}

const mayBePenalty = (term: LossTerm): boolean => term.kind === 'unknown' || term.over.includes('P');

function readOptimizerDecay(decay: Optimizer['weightDecay'], optimizer: Optimizer | null): Reading<Decay> {
  if (!decay || !optimizer) return nothing();
  const { coupling } = decay;
  if (coupling === 'independent')
    return nothing('A weight decay that is not multiplied by the learning rate cannot be trained here.');
  const { found, notes } = readSetting('weight decay', decay, optimizer.where, isNotNegative);
  return { found: found && { ...found, value: { coefficient: found.value, coupling } }, notes };
}

/** β of a penalty that amounts to β·½‖w‖². */
function readPenalty(
  { text, range, coefficient, degrees, assumed, reduction }: LossTerm,
  batchSize: BatchSize | null,
): Reading<number> {
  const penalty = `The penalty ${quoted(text)}`;
  const halves = reduction === 'sum' ? halfSquaredNorms(text) : null;
  if (halves === null)
    return nothing(`${penalty} is not known to be a squared norm of the weights, which alone can be trained here.`);
  if (assumed.length > 0) return nothing(`${penalty} rests on an assumption: ${listWords(assumed)}.`);
  const given = coefficient ? coefficient.value : 1;
  if (given === null)
    return nothing(
      `${penalty} has a coefficient, ${quoted(coefficient?.text ?? '')}, with no one number in your file.`,
    );
  const { B: degree = 0, P: _parameters, I: _inner, C: _classes, ...others } = degrees;
  const counted = batchFactor(degree, batchSize);
  if (counted === null || Object.values(others).some((other) => other !== 0))
    return nothing(`${penalty} grows with ${growthWords(degrees)}, and how large it is was not found.`);
  // Without the noise of binary fractions.
  const value = Number((given * halves * counted).toPrecision(12));
  if (!isNotNegative(value)) return nothing(`${penalty} has a coefficient that cannot be trained here.`);
  const factors = [
    number(given),
    ...(halves === 1 ? [] : [number(halves)]),
    ...(degree === 0 ? [] : [`${number(counted)}, for it grows with ${growthWords({ B: degree })}`]),
  ];
  const notes =
    factors.length > 1 ? [`${penalty} is taken as β·½‖w‖² with a β of ${number(value)}: ${factors.join(' × ')}.`] : [];
  return { found: { value, range, isDefault: false }, notes };
}

/** Bᵈ; null where it depends on a batch size that was not found. */
function batchFactor(degree: number, batchSize: BatchSize | null): number | null {
  if (degree === 0) return 1;
  const size = batchSize?.origin === 'assumed' ? null : (batchSize?.value ?? null);
  return size === null ? null : size ** degree;
}

const NAME = String.raw`[\w$.]+(?:\[\w+\])?`;
const TWO = String.raw`2(?:\.0?)?`;
const SQUARE = [
  String.raw`\(?${NAME}\*\*${TWO}\)?`,
  String.raw`${NAME}\.pow\(${TWO}\)`,
  String.raw`${NAME}\.square\(\)`,
  String.raw`(?:\w+\.)*square\(${NAME}\)`,
  String.raw`(?:\w+\.)*pow\(${NAME},${TWO}\)`,
].join('|');

/** How a squared norm of weights is written, with the blanks taken out, and how many halves of it that is. */
const SQUARED_NORMS: readonly (readonly [RegExp, number])[] = [
  [/^(?:\w+\.)*l2_loss\(.*\)$/, 1],
  [/^(?:\w+\.)*l2_regularizer\(.*\)$/, 1],
  [/^(?:\w+\.)*[lL]2\(.*\)$/, 2],
  [/^(['"])[lL]2\1$/, 2],
  [new RegExp(String.raw`^(?:${SQUARE})\.sum\(\)$`), 2],
  [new RegExp(String.raw`^(?:\w+\.)*(?:reduce_)?sum\((?:${SQUARE})\)$`), 2],
];

/** The ½‖w‖² in a penalty; null where it is not known to be one. */
function halfSquaredNorms(text: string): number | null {
  const compact = text.replace(/\s+/g, '');
  return SQUARED_NORMS.find(([written]) => written.test(compact))?.[1] ?? null;
}

const quoted = (text: string): string => `‘${text.replace(/\s+/g, ' ').trim()}’`;
