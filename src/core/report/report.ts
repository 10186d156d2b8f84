/** From what the interpreter met to what is said: sites, losses with their terms, and the settings that belong to each. */
import { advise } from '../advice.ts';
import type { Advice, BatchSize, Loss, LossTerm, Optimizer, Range, Site } from '../analysis.ts';
import { hasAxis } from '../degree/axes.ts';
import { degreeOf, isNominal, madeAt, mapTerms, type Sum, type Term } from '../degree/term.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { isLossName, isMetricName } from '../interpreter/names.ts';
import { keyOf, operationsIn, type ReturnRecord, type SinkRecord } from '../interpreter/recorder.ts';
import { alternativesOf, type Conditions, type Value } from '../interpreter/values.ts';
import { batchSizeOf, clipOf, type Differentiated, optimizerOf } from './loss-settings.ts';
import { isUnread, reductionWord, shownAxes, shownDegrees, sitesOf } from './sites.ts';

export interface Report {
  readonly sites: readonly Site[];
  readonly losses: readonly Loss[];
}

/** What a batch size is assumed to be where none is found; null keeps symbols. */
export function report(m: Interpreter, assumedBatchSize: number | null): Report {
  const { sinks } = m.record;
  const keysIn = (values: readonly Value[]) => values.flatMap(operationsIn).map(keyOf);
  const reached = new Set(keysIn(sinks.map((s) => s.value)));
  const returned = assumedLosses(m, reached);
  // A file that makes one loss in one function and trains on a parameter in another means the same loss by both.
  const outside = sinks.filter((s) => isFromOutside(s.value));
  const trainer = outside.length === 1 && returned.length === 1 ? outside[0] : undefined;
  const sunk = sinks
    .filter((s) => s !== trainer)
    .map((s) =>
      lossOf(
        m,
        { value: s.value, range: s.range, sinkRange: s.sinkRange, name: s.name, sink: s },
        assumedBatchSize,
        [],
      ),
    );
  const handedOver = returned.map((r) => {
    const how = trainer
      ? `\`${m.textOf(trainer.range, 32)}\` is taken to be the loss that \`${r.functionName}\` returns`
      : 'it is returned here and trained on elsewhere';
    return lossOf(
      m,
      {
        value: r.value,
        range: r.range,
        sinkRange: trainer?.sinkRange ?? r.range,
        name: trainer?.name ?? 'return',
        ...(trainer ? { sink: trainer } : {}),
      },
      assumedBatchSize,
      [how],
    );
  });
  const losses = mergeLosses([...sunk, ...handedOver].filter((l) => l !== null));
  // What a graph collection or a layer holds is added to the loss by the framework, wherever that is.
  const trained = new Set([...reached, ...keysIn(m.collections.all())]);
  return { sites: sitesOf(m, trained, new Set(keysIn(returned.map((r) => r.value)))), losses };
}

/** A loss of which this file only knows the name. */
const isFromOutside = (value: Value): boolean =>
  value.kind === 'sum' &&
  value.terms.every((t) => t.unknown !== null && t.operations.length === 0 && t.trace.length === 0);

function lossOf(
  m: Interpreter,
  d: Differentiated,
  assumedBatchSize: number | null,
  assumed: readonly string[],
): Loss | null {
  const alternatives = alternativesOf(d.value).flatMap((a) =>
    a.value.kind === 'sum' ? [{ when: a.when, sum: a.value }] : [],
  );
  const sums = alternatives.map((a) => a.sum);
  const optimizer = optimizerOf(m, d.sink);
  const batchSize = batchSizeOf(m, d, sums, assumedBatchSize);
  const described = alternatives
    .map((a) => ({
      condition: conditionText(a.when),
      terms: termsOf(m, dividedByLiteral(a.sum, batchSize), optimizer),
    }))
    .filter((a) => a.terms.some((t) => !t.fromOptimizer));
  const [first, ...others] = described;
  if (!first && d.value.kind !== 'unknown') return null;
  const terms = !first
    ? [outOfSight(m, d.range)]
    : others.length === 0
      ? first.terms
      : joined(described.map((a) => a.terms));
  const clip = clipOf(m, d.sink, optimizer);
  return {
    range: lensRange(m, d, sums),
    sink: d.name,
    sinkRange: d.sinkRange,
    framework: m.vocabulary.frameworkTitle(),
    assumed: [...assumed, ...new Set(terms.flatMap((t) => t.assumed))],
    terms,
    alternatives: others.length > 0 ? described : [],
    balanceMovesWithBatch: agreed(others.length > 0 ? described.map((a) => balance(a.terms)) : [balance(terms)]),
    batchSize,
    optimizer,
    clip,
    advice: withNotes(advise({ terms, batchSize, optimizer, clip }), candidatesNote(d.sink)),
  };
}

const withNotes = (advice: Advice, notes: readonly string[]): Advice =>
  notes.length ? { ...advice, notes: [...advice.notes, ...notes] } : advice;

/** Several optimisers may take the step: no settings are shown, and why. */
function candidatesNote(sink: SinkRecord | undefined): string[] {
  const names = [...new Set((sink?.optimizers ?? []).map((o) => o.entry.title))];
  return names.length > 1 ? [`The optimiser depends on a branch (${names.join(', ')}), so no rate is shown.`] : [];
}

/** A sum that is divided by the very number that is the batch size is divided by the batch size, as far as anybody can tell. */
function dividedByLiteral(s: Sum, batchSize: BatchSize | null): Sum {
  const b = batchSize?.kind === 'assumed' ? null : (batchSize?.value ?? null);
  if (b === null || b <= 1) return s;
  return mapTerms(s, (t) => {
    const factor = t.coefficient?.value ?? null;
    if (factor === null || Math.abs(factor * b - 1) > 1e-9 || degreeOf(t, 'B') <= 0 || t.examples === 'no') return t;
    const note = `dividing by ${b} is taken to divide by the batch size`;
    return {
      ...t,
      coefficient: null,
      over: [...t.over, { exponents: { B: 1 }, kind: 'nominal' }],
      assumed: [...t.assumed, note],
    };
  });
}

const conditionText = (when: Conditions): string =>
  [...when].map(([text, holds]) => (holds ? `if ${text}` : `unless ${text}`)).join(', ');

/** The one term of a loss of which this file shows nothing. */
const outOfSight = (m: Interpreter, range: Range): LossTerm => ({
  kind: 'unknown',
  range,
  text: m.textOf(range, 48),
  reduction: 'unknown',
  over: [],
  degrees: {},
  coefficient: null,
  nominal: false,
  selection: false,
  fromOptimizer: false,
  assumed: [],
  reason: `\`${m.textOf(range, 40)}\` is computed where this file does not show it`,
  trace: [],
});

/** Terms of several alternatives: those they share stay, a term on which they differ has no degree that holds for all. */
function joined(alternatives: readonly (readonly LossTerm[])[]): LossTerm[] {
  const [first = [], ...others] = alternatives;
  const result: LossTerm[] = [];
  const all = [...first, ...others.flat()];
  for (const t of all) {
    const twin = result.findIndex(
      (r) => r.range.start === t.range.start && r.range.end === t.range.end && r.kind === t.kind,
    );
    if (twin < 0) result.push(t);
    else {
      const known = result[twin] as LossTerm;
      if (known.degrees.B !== t.degrees.B)
        result[twin] = {
          ...known,
          kind: 'unknown',
          degrees: {},
          reason: 'its reduction depends on a branch or an argument',
        };
    }
  }
  const degrees = new Set(
    alternatives.map((ts) =>
      JSON.stringify(
        ts
          .filter((t) => t.kind === 'data')
          .map((t) => t.degrees.B ?? null)
          .sort(),
      ),
    ),
  );
  if (degrees.size <= 1) return result;
  return result.map((t) =>
    t.kind === 'data' && alternatives.some((ts) => !ts.some((u) => u.range.start === t.range.start))
      ? { ...t, assumed: [...t.assumed, 'it is one of several alternatives'] }
      : t,
  );
}

function termsOf(m: Interpreter, s: Sum, optimizer: Optimizer | null): LossTerm[] {
  const terms: LossTerm[] = [];
  for (const t of s.terms) {
    if (t.theta === 'no' || t.coefficient?.value === 0) continue;
    const described = describeTerm(m, t);
    const twin = terms.find(
      (o) =>
        o.range.start === described.range.start &&
        o.range.end === described.range.end &&
        o.coefficient?.text === described.coefficient?.text &&
        o.degrees.B === described.degrees.B,
    );
    if (!twin) terms.push(described);
  }
  terms.sort((a, b) => Number(a.kind === 'penalty') - Number(b.kind === 'penalty'));
  const decay = optimizer?.weightDecay;
  if (decay && decay.coupling === 'coupled' && decay.value !== 0 && terms.length) {
    terms.push({
      kind: 'penalty',
      range: decay.where ?? optimizer.where,
      text: 'weight decay',
      reduction: 'sum',
      over: ['P'],
      degrees: { B: 0 },
      coefficient: { value: decay.value, text: decay.text },
      nominal: false,
      selection: false,
      fromOptimizer: true,
      assumed: [],
      trace: [
        {
          range: decay.where ?? optimizer.where,
          text: `weight_decay=${decay.text}`,
          result: 'depends on the parameters alone, degree 0',
        },
      ],
    });
  }
  return terms;
}

function describeTerm(m: Interpreter, t: Term): LossTerm {
  const sites = t.operations.filter((o) => o.kind !== 'division');
  const lead = sites.at(-1) ?? null;
  const range = lead ? madeAt(lead) : t.range;
  // A penalty that stands inside a reduction over examples has its own reduction: over the parameters.
  const isPenalty = t.unknown === null && t.examples === 'no';
  const own = isPenalty ? t.operations.filter((o) => o.over.includes('P')) : t.operations;
  const chain = own.length ? own : t.operations;
  const last = own.at(-1);
  const shown = isPenalty && last ? madeAt(last) : range;
  const over = shownAxes(chain, t);
  const common = {
    range: shown,
    text: (isPenalty ? own.at(-1) : lead)?.text ?? m.textOf(shown, 48),
    reduction: reductionWord(chain, t),
    over,
    coefficient: t.coefficient && t.coefficient.value !== 1 ? t.coefficient : null,
    nominal: isNominal(t),
    selection: t.selected.includes('B'),
    fromOptimizer: false,
    assumed: t.assumed,
    trace: t.trace,
  };
  if (t.unknown !== null)
    return {
      ...common,
      kind: 'unknown',
      reduction: isUnread(t) ? 'unknown' : common.reduction,
      degrees: {},
      reason: t.unknown,
    };
  return { ...common, kind: isPenalty ? 'penalty' : 'data', degrees: shownDegrees(t) };
}

/** What all alternatives say; null where they differ. */
const agreed = (answers: readonly (boolean | null)[]): boolean | null =>
  answers.every((a) => a === answers[0]) ? (answers[0] ?? null) : null;

/** Whether the terms scale differently with the batch; null where one of them is not known. */
function balance(terms: readonly LossTerm[]): boolean | null {
  if (terms.some((t) => t.kind === 'unknown')) return null;
  // With one term there is no balance; with several, none that rests on an assumption.
  if (terms.length > 1 && terms.some((t) => t.assumed.length > 0)) return null;
  const degrees = terms.map((t) => t.degrees.B);
  if (degrees.some((d) => d === undefined)) return null;
  return degrees.some((d) => d !== degrees[0]);
}

/** The lens stands where the loss is made: at its one reduction, or at the first of several. */
function lensRange(m: Interpreter, d: Differentiated, sums: readonly Sum[]): Range {
  const [s] = sums;
  const data = s?.terms.filter((t) => t.theta !== 'no' && t.examples !== 'no') ?? [];
  const lead = (data[0] ?? s?.terms.find((t) => t.theta !== 'no'))?.operations
    .filter((o) => o.kind !== 'division')
    .at(-1);
  const trace = s?.terms[0]?.trace.at(-1)?.range;
  const range = lead ? madeAt(lead) : (trace ?? d.range);
  return m.isInside(range) ? range : d.range;
}

/**
 * One entry for each sink. The same loss with the same settings, differentiated at several places (a branch for mixed precision), is shown once; one
 * that is also returned is that which is trained on.
 */
function mergeLosses(losses: readonly Loss[]): Loss[] {
  const merged = new Map<string, Loss>();
  const settled = new Set<string>();
  for (const loss of losses) {
    const place = `${loss.range.start}-${loss.range.end} ${JSON.stringify(loss.terms.filter((t) => !t.fromOptimizer).map((t) => [t.kind, t.degrees.B, t.range.start, t.coefficient?.text]))}`;
    const settings = JSON.stringify([
      loss.optimizer?.where.start,
      loss.batchSize?.value,
      loss.clip?.threshold.where?.start,
    ]);
    const bare = merged.get(`${place} bare`);
    if (loss.optimizer === null) {
      // Without an optimiser it says no more than its twin that has one.
      const isReturn = loss.sink === 'return';
      if (bare && (isReturn || bare.sink !== 'return')) continue;
      if (settled.has(place)) continue;
      merged.set(`${place} bare`, loss);
    } else {
      merged.delete(`${place} bare`);
      settled.add(place);
      if (!merged.has(`${place} ${settings}`)) merged.set(`${place} ${settings}`, loss);
    }
  }
  return [...merged.values()].sort((a, b) => a.range.start - b.range.start);
}

const RETURNS_LOSS = /loss|criterion|objective|cost|^training_step$|^compute_loss|^calc_loss|penalty|^elbo/i;

/** Values that look like a loss and leave the file: assumed to be trained on, where no sink of the file takes them. */
function assumedLosses(m: Interpreter, reached: ReadonlySet<string>): ReturnRecord[] {
  const candidates: ReturnRecord[] = [];
  for (const r of m.record.returns) {
    for (const { value } of alternativesOf(r.value)) {
      const parts: [string, Value][] =
        value.kind === 'sequence'
          ? value.items.map((v) => ['', v])
          : value.kind === 'record' && value.type === null
            ? [...value.fields]
            : [['', value]];
      for (const [key, v] of parts) {
        if (v.kind !== 'sum' && v.kind !== 'choice') continue;
        const operations = operationsIn(v).filter((o) => o.kind !== 'division');
        if (operations.length === 0 || operations.some((o) => reached.has(keyOf(o)))) continue;
        const names = operations.flatMap((o) => [...(m.record.variables.get(keyOf(o)) ?? [])]);
        const named =
          RETURNS_LOSS.test(r.functionName) ||
          RETURNS_LOSS.test(r.className) ||
          isLossName(key) ||
          names.some(isLossName);
        const trained = alternativesOf(v).some(
          (a) => a.value.kind === 'sum' && !hasAxis(a.value.row, 'B') && a.value.terms.some((t) => t.theta !== 'no'),
        );
        const evaluates =
          isMetricName(r.functionName) ||
          operations.some((o) => (m.record.observations.get(keyOf(o)) ?? []).every((x) => x.evaluation));
        if (named && trained && !evaluates) candidates.push({ ...r, value: v });
      }
    }
  }
  // A loss that another returned loss is made of is a part of that one.
  return candidates.filter((c) => {
    const own = operationsIn(c.value).map(keyOf);
    return !candidates.some(
      (o) =>
        o !== c &&
        operationsIn(o.value).length > own.length &&
        own.every((k) => operationsIn(o.value).some((x) => keyOf(x) === k)),
    );
  });
}
