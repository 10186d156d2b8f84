/** The facts that fixtures write as marks (`#: term data B=1`), and the same facts as an analysis states them. */
import type { Analysis, Loss, LossTerm, ScalingRow } from '../../src/core/analysis.ts';

/** A source with what must be said about it. */
export interface Variant {
  /** Which replacements made it; empty for the file as it stands. */
  readonly title: string;
  readonly source: string;
  readonly facts: readonly string[];
}

/** The variants that a file with marks describes: itself, then one for each `when`. */
export function variantsOf(text: string): Variant[] {
  const lines = text.split('\n');
  const isMark = (line: string) => /^(#|\/\/): /.test(line);
  const source = lines.filter((line) => !isMark(line)).join('\n');
  const variants: { title: string; source: string; facts: string[] }[] = [{ title: '', source, facts: [] }];
  for (const mark of lines.filter(isMark)) {
    const fact = mark.slice(mark.indexOf(':') + 1).trim();
    if (fact.startsWith('when ')) variants.push({ title: fact, source: replaced(source, fact), facts: [] });
    else variants.at(-1)!.facts.push(fact);
  }
  return variants;
}

function replaced(source: string, when: string): string {
  let result = source;
  for (const [, from = '', to = ''] of when.matchAll(/`([^`]*)` is `([^`]*)`/g)) {
    if (!result.includes(from)) throw new Error(`\`${from}\` does not stand in the file`);
    result = result.replaceAll(from, to);
  }
  return result;
}

/** What the analysis says about the same things, in the same words and the same order. */
export function factsOf(analysis: Analysis, asked: readonly string[]): string[] {
  const [loss, ...others] = analysis.losses;
  if (!loss || others.length > 0) {
    return [
      `${analysis.losses.length} losses, not 1`,
      ...analysis.losses.map((l) => `loss by ${l.sink} at ${l.range.start}`),
    ];
  }
  return factsOfLoss(loss, asked);
}

/** The same for one of several losses. */
export function factsOfLoss(loss: Loss, asked: readonly string[]): string[] {
  const terms = [...new Set(loss.terms.map(termFact))].sort();
  const others = asked.filter((fact) => !fact.startsWith('term ')).map((fact) => factLike(fact, loss));
  return [...terms, ...others];
}

/** The asked facts in the order of {@link factsOf}. */
export const inOrder = (facts: readonly string[]): string[] => [
  ...facts.filter((fact) => fact.startsWith('term ')).sort(),
  ...facts.filter((fact) => !fact.startsWith('term ')),
];

function termFact(term: LossTerm): string {
  return [
    `term ${term.kind} B=${term.degrees.B ?? '?'}`,
    ...(term.coefficient
      ? [`× ${term.coefficient.value === null ? term.coefficient.text : number(term.coefficient.value)}`]
      : []),
    ...(term.fromOptimizer ? ['optimizer'] : []),
    ...(term.nominal ? ['nominal'] : []),
    ...(term.selection ? ['selection'] : []),
  ].join(' ');
}

function factLike(asked: string, loss: Loss): string {
  const { advice, optimizer } = loss;
  const conversion = /^to (mean|sum) (.+) \S+$/.exec(asked);
  if (conversion) {
    const [, side, setting] = conversion;
    const found = (side === 'mean' ? advice.toMean : advice.toSum).find((c) => c.setting === setting);
    return `to ${side} ${setting} ${number(found?.after)}`;
  }
  const key = /^(on a mean|on a sum|at 2B|(?:batch|rate) from|\S+)/.exec(asked)![0];
  const row = (of: (row: ScalingRow) => string) =>
    [0.5, 2, 4, 8]
      .map((k) => advice.scaling.find((r) => r.k === k))
      .map((r) => (r ? of(r) : 'none'))
      .join(' ');
  const value = {
    balance: loss.balanceMovesWithBatch === null ? 'untold' : loss.balanceMovesWithBatch ? 'moves' : 'holds',
    sink: loss.sink,
    batch: number(loss.batchSize?.value),
    'batch from': loss.batchSize?.origin ?? '-',
    optimizer: optimizer?.family ?? 'none',
    rate: number(optimizer?.learningRate?.value),
    'rate from': optimizer?.learningRate?.origin ?? '-',
    schedule: optimizer?.schedule ?? '-',
    momentum: number(optimizer?.momentum?.value),
    decay: optimizer?.weightDecay ? `${number(optimizer.weightDecay.value)} ${optimizer.weightDecay.coupling}` : '-',
    clip: loss.clip ? `${loss.clip.type} ${number(loss.clip.threshold.value)}` : '-',
    'on a mean': number(advice.equivalentMeanLearningRate),
    'on a sum': number(advice.equivalentSumLearningRate),
    'at 2B': number(advice.learningRateAtDoubleBatch),
    gradients: row((r) => number(r.gradientFactor)),
    rates: row((r) => number(r.learningRate)),
    penalties: row((r) => number(r.penaltyFactor)),
    heuristics: heuristics(advice.scaling),
  }[key];
  if (value === undefined) throw new Error(`no such fact: ${asked}`);
  return `${key} ${value}`;
}

/** `k √k` where every row offers exactly these two, with their factors. */
function heuristics(rows: readonly ScalingRow[]): string {
  const names = new Set(
    rows.map(({ k, heuristics }) =>
      heuristics
        .map(({ name, factor }) =>
          (name === 'k' && factor === k) || (name === '√k' && factor === Math.sqrt(k))
            ? name
            : `${name}: ${factor} at k = ${k}`,
        )
        .join(' '),
    ),
  );
  return [...names].join(' | ');
}

/** Six digits, so that 0.1 × 128 is 12.8; a dash for a number that is not there. */
const number = (value: number | null | undefined): string =>
  value == null ? '-' : String(Number(value.toPrecision(6)));
