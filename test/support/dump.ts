/** An analysis as text with line numbers, for golden files: everything that a reader of the source could check by hand. */
import type {
  Analysis,
  Conversion,
  Degrees,
  Loss,
  LossTerm,
  Optimizer,
  Range,
  Rate,
  Site,
} from '../../src/core/analysis.ts';

export function dump(source: string, analysis: Analysis): string {
  const at = (range: Range | null) =>
    range ? `line ${source.slice(0, range.start).split('\n').length}` : 'by default';
  const quote = ({ start, end }: Range) => source.slice(start, end).replace(/\s+/g, ' ');
  const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

  const traceLines = (trace: LossTerm['trace']) =>
    trace.map((step) => `${at(step.range)}: ${step.text} → ${step.result}`);

  const siteLines = (site: Site) => [
    `site ${at(site.range)}: ${quote(site.range)}`,
    ...indent([
      `${site.api}: ${site.reduction} over ${site.over.join(' ') || 'nothing'}, ${site.role}, ${degrees(site.degrees)}`,
      ...site.alternatives.map((other) => `or ${other}`),
      ...(site.reason ? [`because ${site.reason}`] : []),
      ...site.assumed.map((note) => `assumed: ${note}`),
    ]),
  ];

  const termLines = (term: LossTerm) => [
    `${term.kind}: ${term.text} (${at(term.range)})`,
    ...indent([
      `${term.reduction} over ${term.over.join(' ') || 'nothing'}, ${degrees(term.degrees)}`,
      ...(term.coefficient ? [`times ${term.coefficient.text} = ${term.coefficient.value ?? '?'}`] : []),
      ...(term.nominal ? ['divided by a nominal batch size'] : []),
      ...(term.selection ? ['a selection'] : []),
      ...(term.fromOptimizer ? ['weight decay of the optimiser'] : []),
      ...(term.reason ? [`because ${term.reason}`] : []),
      ...term.assumed.map((note) => `assumed: ${note}`),
      ...traceLines(term.trace),
    ]),
  ];

  const rate = (name: string, value: Rate | null) =>
    value ? [`${name} ${value.value ?? '?'} from \`${value.text}\`, ${value.origin}, ${at(value.where)}`] : [];

  const optimizerLines = (optimizer: Optimizer) => [
    `optimizer ${optimizer.name}, family ${optimizer.family}, ${at(optimizer.where)}`,
    ...indent([
      ...rate('learning rate', optimizer.learningRate),
      `schedule ${optimizer.schedule ?? '?'}`,
      ...rate('momentum', optimizer.momentum),
      ...rate(`${optimizer.weightDecay?.coupling} weight decay`, optimizer.weightDecay),
      ...rate(`epsilon ${optimizer.epsilon?.place}`, optimizer.epsilon),
      ...rate('initial accumulator', optimizer.initialAccumulator),
      ...(optimizer.notConvertible ? [`not convertible: ${optimizer.notConvertible}`] : []),
    ]),
  ];

  const lossLines = (loss: Loss) => [
    `loss ${at(loss.range)}: ${quote(loss.range)}`,
    ...indent([
      `trained by ${loss.sink} (${at(loss.sinkRange)}), ${loss.framework}`,
      ...loss.assumed.map((note) => `assumed: ${note}`),
      ...loss.terms.flatMap(termLines),
      ...loss.alternatives.flatMap(({ condition, terms }) => [
        `where ${condition}`,
        ...indent(terms.flatMap(termLines)),
      ]),
      `balance moves with the batch: ${loss.balanceMovesWithBatch ?? 'cannot be told'}`,
      ...(loss.batchSize
        ? [
            `batch ${number(loss.batchSize.value)}, ${loss.batchSize.kind}, from \`${loss.batchSize.text}\`, ${loss.batchSize.origin}, ${at(loss.batchSize.where)}, last batch smaller: ${loss.batchSize.raggedLastBatch ?? '?'}`,
          ]
        : []),
      ...(loss.optimizer ? optimizerLines(loss.optimizer) : []),
      ...(loss.clip ? [`clip by ${loss.clip.type}`, ...indent(rate('threshold', loss.clip.threshold))] : []),
      ...adviceLines(loss),
    ]),
  ];

  const parts = [
    ...analysis.problems.map((problem) => [`problem ${at(problem.range)}: ${problem.message}`]),
    ...(analysis.incomplete ? [[`incomplete: ${analysis.incomplete}`]] : []),
    ...analysis.losses.map(lossLines),
    ...analysis.sites.map(siteLines),
    ...analysis.findings.map((finding) => [
      `finding ${at(finding.range)}: ${finding.severity}: ${finding.message} [${finding.rule}]`,
    ]),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const number = (value: number | null): string => (value === null ? '?' : String(Number(value.toPrecision(6))));

const degrees = (of: Degrees): string =>
  Object.entries(of)
    .map(([axis, degree]) => `${axis}^${degree}`)
    .join(' ') || 'no degree';

function adviceLines({ advice }: Loss): string[] {
  const conversion = (side: string) => (c: Conversion) =>
    `to a ${side}: ${c.setting} ${number(c.now)} × ${number(c.factor)} = ${number(c.after)}${c.exact ? '' : ` (${c.rule})`}`;
  return [
    `as on a mean ${number(advice.equivalentMeanLearningRate)}, as on a sum ${number(advice.equivalentSumLearningRate)}, at twice the batch ${number(advice.learningRateAtDoubleBatch)}`,
    ...advice.toMean.map(conversion('mean')),
    ...advice.toSum.map(conversion('sum')),
    ...advice.scaling.map(
      (row) =>
        `k = ${row.k}: batch ${number(row.batchSize)}, gradient × ${number(row.gradientFactor)}, rate ${number(row.learningRate)}, penalty × ${number(row.penaltyFactor)}${row.heuristics.map((h) => `, ${h.name}: ${number(h.learningRate)}`).join('')}`,
    ),
    ...advice.notes.map((note) => `note: ${note}`),
  ];
}
