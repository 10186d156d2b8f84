/**
 * One loss, explained: what it is, how that was read, and what follows for the hyper-parameters. All numbers come from
 * `loss.advice`.
 */
import type { BatchSize, Conversion, Loss, LossTerm, Optimizer, ScalingRow, Setting, TraceStep } from '../analysis.ts';
import type { Block, Column, List, Paragraph, Table, Words } from './blocks.ts';
import { allTerms, penaltyMove, type Verdict, verdicts } from './verdict.ts';
import {
  batchDegree,
  capitalised,
  factorWords,
  growthWords,
  number,
  power,
  reductionWords,
  roughNumber,
  shortName,
} from './words.ts';

/** The explanation of a loss: the answer, what follows from it, how it was read, and from where. */
export function lossBlocks(loss: Loss): Block[] {
  return [
    { kind: 'paragraph', words: lead(loss) },
    ...conversions(loss),
    ...scaling(loss),
    ...termTables(loss),
    ...trace(allTerms(loss).flatMap((term) => term.trace)),
    ...sources(loss),
    ...list('Assumed', assumptions(loss)),
    ...list('Notes', loss.advice.notes),
  ];
}

// ── The answer ──

function lead(loss: Loss): Words {
  const answers = new Map(verdicts(loss).map(answer));
  const [only] = answers;
  if (!only || answers.size > 1) {
    return [
      { strong: 'Several losses, by branch.' },
      ' Each alternative is listed below with the condition that leads to it.',
    ];
  }
  const [title, sentence] = only;
  return [{ strong: `${capitalised(title)}.` }, ` ${[sentence, ...balance(loss)].join(' ')}`];
}

function answer(verdict: Verdict): [title: string, sentence: string] {
  switch (verdict.kind) {
    case 'unknown':
      return ['This loss cannot be told', `${capitalised(verdict.reason)}.`];
    case 'fixed-selection':
      return [
        'A fixed number of selected examples',
        `${capitalised(verdict.reason)}. The gradient reaches only them, and the argument behind the Linear Scaling Rule does not apply.`,
      ];
    case 'penalty':
      return ['A penalty', 'It depends on the weights alone, and the batch size does not matter.'];
    case 'selection':
      return [verdict.reduction, 'The gradient reaches only the selected examples.'];
    case 'mixed':
      return ['The terms grow differently with the batch', 'Their balance is another one at every batch size.'];
    case 'uniform':
      return [verdict.reduction, growthSentence(verdict.degree, verdict.nominal)];
  }
}

function growthSentence(degree: number, nominal: boolean): string {
  if (nominal) {
    return 'It is divided by a setting, not by the size of the batch: a smaller batch, such as the last, takes a smaller step.';
  }
  if (degree === 0) return 'The gradient keeps its size when the batch grows.';
  if (degree === 1) return 'The gradient grows with the batch size; a mean’s does not.';
  if (degree < 0) return `The gradient falls with ${power('B', degree)} as the batch grows; a mean’s keeps its size.`;
  return `The gradient grows with ${power('B', degree)}; a mean’s does not.`;
}

function balance(loss: Loss): string[] {
  const move = penaltyMove(loss);
  if (move?.verb === 'falls') return [`The ${move.name} does not keep up: its share falls as the batch grows.`];
  if (move) return [`The ${move.name} outgrows it: its share rises as the batch grows.`];
  const penalties = loss.terms.filter((term) => term.kind === 'penalty').length;
  if (penalties === 0 || loss.balanceMovesWithBatch !== false) return [];
  return [`The ${penalties === 1 ? 'penalty keeps its' : 'penalties keep their'} share at every batch size.`];
}

// ── The evidence ──

function termTables(loss: Loss): Table[] {
  if (loss.alternatives.length === 0) return loss.terms.length > 1 ? [termTable('Term', loss.terms)] : [];
  return loss.alternatives.map(({ condition, terms }) => termTable(capitalised(condition), terms));
}

function termTable(title: string, terms: readonly LossTerm[]): Table {
  return {
    kind: 'table',
    columns: [left(title), left('Is'), left('Reduced by'), right('Gradient ∝'), right('Line')],
    rows: terms.map((term) => [
      [...(term.coefficient ? [`${term.coefficient.text} · `] : []), { code: term.text }],
      [term.kind],
      [reducedBy(term)],
      [batchDegree(term) === null ? '?' : { strong: growthWords(term.degrees) }],
      [{ place: term.range, bare: true }],
    ]),
    note: null,
  };
}

function reducedBy(term: LossTerm): string {
  if (term.kind === 'unknown') return term.reason ?? '?';
  return term.fromOptimizer ? 'the optimiser' : reductionWords(term);
}

/** How a value was read, step by step; a step that several terms share is listed once. */
export function trace(steps: readonly TraceStep[]): Table[] {
  const seen = new Set<string>();
  const once = steps.filter(({ range, text, result }) => {
    const key = `${range.start} ${range.end} ${text} ${result}`;
    return !seen.has(key) && seen.add(key);
  });
  if (once.length === 0) return [];
  return [
    {
      kind: 'table',
      columns: [left('How it was read'), left('Value'), right('Line')],
      rows: once.map(({ range, text, result }) => [[text], [result], [{ place: range, bare: true }]]),
      note: null,
    },
  ];
}

/** Where the numbers come from, in one paragraph. */
function sources(loss: Loss): Paragraph[] {
  const pieces = [batchSource(loss.batchSize), ...optimizerSources(loss.optimizer), ...clipSource(loss)];
  const words = pieces.filter((piece) => piece.length > 0).flatMap((piece, i) => (i > 0 ? [' · ', ...piece] : piece));
  return words.length > 0 ? [{ kind: 'paragraph', words }] : [];
}

function assumptions(loss: Loss): string[] {
  return [...new Set([...loss.assumed, ...allTerms(loss).flatMap((term) => term.assumed)])];
}

function batchSource(batchSize: BatchSize | null): Words {
  if (!batchSize) return [];
  const ragged = batchSize.raggedLastBatch ? ['; the last batch of an epoch may be smaller'] : [];
  return [...settingSource('batch size', batchSize), ...ragged];
}

function optimizerSources(optimizer: Optimizer | null): Words[] {
  if (!optimizer) return [];
  const { name, where, schedule, learningRate, momentum, weightDecay } = optimizer;
  const scheduled = schedule !== null && schedule !== 'constant' ? [`, schedule ${schedule}`] : [];
  return [
    [name, ', ', { place: where }, ...scheduled],
    settingSource('learning rate', learningRate),
    settingSource('momentum', momentum),
    settingSource(`${weightDecay?.coupling} weight decay`, weightDecay),
  ];
}

function clipSource({ clip }: Loss): Words[] {
  return clip ? [settingSource(`clipping by ${clip.type} at`, clip.threshold)] : [];
}

type Source = Pick<Setting<number | null>, 'value' | 'text' | 'where' | 'origin'>;

/** A setting with its number and the place that it was read from; nothing for what a framework leaves switched off. */
function settingSource(name: string, setting: Source | null): Words {
  if (!setting || (setting.origin === 'framework-default' && setting.value === 0)) return [];
  const { value, text, where, origin } = setting;
  const place: Words = where ? [', ', { place: where }] : [];
  if (value === null) return [`${name} not known: ${text}`, ...place];
  const named = Number(text) === value ? [] : [' from ', { code: text }];
  switch (origin) {
    case 'assumed':
      return [`${name} ${number(value)}, assumed`];
    case 'framework-default':
      return [`${name} ${number(value)}, the framework’s default`];
    case 'argument-default':
      return [`${name} ${number(value)}`, ...named, ...place, ', a default that a launch may override'];
    case 'constant':
      return [`${name} ${number(value)}`, ...named, ...place];
  }
}

// ── What follows ──

function conversions({ advice }: Loss): Table[] {
  return [...conversionTable('With a mean', advice.toMean), ...conversionTable('With a sum', advice.toSum)];
}

function conversionTable(title: string, conversions: readonly Conversion[]): Table[] {
  if (conversions.every(({ factor }) => factor === 1)) return [];
  const rules = [...new Set(conversions.filter((row) => !row.exact).map((row) => row.rule))];
  return [
    {
      kind: 'table',
      columns: [left('The same training'), right('Now'), right(title)],
      rows: conversions.map(({ setting, now, factor, after, exact }) => [
        [setting],
        [now === null ? '' : number(now)],
        [...(after === null ? [] : [{ strong: number(after) }, ' ']), factorWords(factor) + (exact ? '' : '*')],
      ]),
      note: rules.length > 0 ? `* ${rules.join('; ')}: a rule of thumb.` : null,
    },
  ];
}

function scaling(loss: Loss): Table[] {
  const { scaling: rows } = loss.advice;
  const [first] = rows;
  if (!first) return [];
  const linear = rows.some((row) => row.learningRateFactor !== null);
  const penalties = rows.some((row) => row.penaltyFactor !== null && row.penaltyFactor !== 1);
  const moves = rows.some((row) => row.gradientFactor !== 1) || penalties;
  if (!moves && !linear && first.heuristics.length === 0) return [];
  return [
    {
      kind: 'table',
      columns: [
        left('Another batch size'),
        right('Gradient'),
        ...(linear ? [right('Learning rate*')] : []),
        ...first.heuristics.map(({ name }) => right(`Rate by ${name}*`)),
        ...(penalties ? [right(capitalised(penaltyMove(loss)?.name ?? 'penalty'))] : []),
      ],
      rows: rows.map((row) => [
        [row.batchSize === null ? batchSymbol(row.k) : number(row.batchSize)],
        [factorWords(row.gradientFactor)],
        ...(linear ? [rateCell(row.learningRate, row.learningRateFactor, number)] : []),
        ...row.heuristics.map(({ learningRate, factor }) => rateCell(learningRate, factor, roughNumber)),
        ...(penalties ? [[row.penaltyFactor === null ? '?' : factorWords(row.penaltyFactor)]] : []),
      ]),
      note: scalingNote(rows, linear, loss.optimizer),
    },
  ];
}

function rateCell(rate: number | null, factor: number | null, format: (value: number) => string): Words {
  if (factor === null) return ['?'];
  return rate === null ? [rateFactorWords(factor)] : [{ strong: format(rate) }];
}

function rateFactorWords(factor: number): string {
  return factor === 1 ? 'stays' : `× ${roughNumber(factor)}`;
}

function batchSymbol(k: number): string {
  return k < 1 ? `B/${number(1 / k)}` : `${number(k)} B`;
}

function scalingNote(rows: readonly ScalingRow[], linear: boolean, optimizer: Optimizer | null): string | null {
  if (linear) return '* By the Linear Scaling Rule, a rule of thumb for SGD.';
  if (rows.every((row) => row.heuristics.length === 0)) return null;
  return `* Rules of thumb: no exact one is known for ${optimizer ? shortName(optimizer.name) : 'this optimiser'}.`;
}

function left(title: string): Column {
  return { title, align: 'left' };
}

function right(title: string): Column {
  return { title, align: 'right' };
}

/** A list of sentences; nothing where there are none. */
export function list(heading: string, sentences: readonly string[]): List[] {
  return sentences.length > 0 ? [{ kind: 'list', heading, items: sentences.map((sentence) => [sentence]) }] : [];
}
