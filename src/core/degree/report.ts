/** From what the interpreter met to what is said: sites, losses with their terms, and the settings that belong to each. */
import { advise } from '../advice.ts';
import type { AxisName, BatchSize, Clip, Degrees, Loss, LossTerm, Optimizer, Rate, Range, Reduction, Role, Site } from '../analysis.ts';
import { constantNumber, readOptimizer, readRate } from './settings.ts';
import { isScalar } from './axes.ts';
import type { Interpreter } from './interpreter.ts';
import { isLossName, isMetricName } from './names.ts';
import { keyOf, type Observation, operationsIn, type ReturnRecord, type SinkRecord } from './recorder.ts';
import { type BatchSource, degreesOf, isNominal, numberOf, type Operation, type Sum, type Term } from './term.ts';
import { alternativesOf, type Conditions, type Value } from './values.ts';

export interface Report {
  readonly sites: readonly Site[];
  readonly losses: readonly Loss[];
}

/** What a batch size is assumed to be where none is found; null keeps symbols. */
export function report(m: Interpreter, assumedBatchSize: number | null): Report {
  const sunk = lossesOfSinks(m, assumedBatchSize);
  const reached = new Set(m.record.sinks.flatMap((s) => operationsIn(s.value).map(keyOf)));
  const returned = assumedLosses(m, reached);
  const returnedLosses = returned.map((r) => lossOf(m, { value: r.value, range: r.range, sinkRange: r.range, name: 'return' }, assumedBatchSize, true)).filter((l) => l !== null);
  const losses = mergeLosses([...sunk, ...returnedLosses]);
  const assumedReach = new Set(returned.flatMap((r) => operationsIn(r.value).map(keyOf)));
  return { sites: sitesOf(m, reached, assumedReach), losses };
}

// ── Sites ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function sitesOf(m: Interpreter, reached: ReadonlySet<string>, returned: ReadonlySet<string>): Site[] {
  const sites: Site[] = [];
  for (const [key, seen] of m.record.observations) {
    if (m.record.absorbed.has(key)) continue;
    const first = seen[0];
    if (!first) continue;
    // The longest chain is the whole statement; a shorter one was seen before the division that follows.
    const best = seen.reduce((a, b) => (b.chain.length > a.chain.length ? b : a), first);
    const words = [...new Set(seen.filter((o) => o.chain.length === best.chain.length).map(wordOf))];
    const [word = 'unknown'] = words;
    const sure = words.length === 1;
    const over = [...new Set(best.chain.flatMap((o) => (o.word === 'divide' ? [] : o.over)))].filter((a) => a !== 'C');
    const degrees = best.term.unknown === null ? shownDegrees(best.term) : {};
    const reason = best.term.unknown ?? (sure ? null : 'it depends on a branch or an argument');
    sites.push({
      range: best.operation.range,
      api: best.operation.api,
      reduction: sure ? word : 'unknown',
      over,
      role: roleOf(m, key, best, reached, returned),
      degrees,
      assumed: best.term.assumed,
      alternatives: sure ? [] : words,
      ...(reason === null ? {} : { reason }),
      trace: best.term.trace,
    });
  }
  return sites.sort((a, b) => a.range.start - b.range.start);
}

function roleOf(m: Interpreter, key: string, o: Observation, reached: ReadonlySet<string>, returned: ReadonlySet<string>): Role {
  const trained: Role = o.term.examples === 'no' && o.term.theta !== 'no' ? 'penalty' : 'data-loss';
  if (m.record.normalisers.has(key)) return 'other';
  if (reached.has(key)) return trained;
  const names = [...(m.record.variables.get(key) ?? [])];
  const looksLikeMetric = names.some(isMetricName) && !names.some(isLossName);
  if (o.evaluation || o.term.theta === 'no' || looksLikeMetric) return 'metric';
  if (returned.has(key)) return trained;
  const isLossEntry = o.chain.some((c) => c === o.operation && !/^Tensor\./.test(c.api)) && m.vocabulary.isLossApi(o.operation.api);
  if (m.record.logged.has(key) && !isLossEntry) return 'metric';
  const named = names.some(isLossName) || isLossName(o.functionName) || isLossName(o.className);
  if (isLossEntry) return 'data-loss';
  // With no sink in reach a name is all there is; a constant of θ or a plain reduction of features is nobody's loss.
  return named && isScalar(o.row) ? trained : 'other';
}

/** The word for the steps of one statement. */
function wordOf(o: Observation): Reduction {
  if (o.term.unknown !== null && o.operation.word === 'other' && o.chain.length === 1 && o.operation.divisor === null && o.operation.over.length > 0 && isUnread(o.term)) return 'unknown';
  return reductionWord(o.chain, o.term);
}

const isUnread = (t: Term): boolean => t.unknown !== null && /not written here|not defined|may be among/.test(t.unknown);

export function reductionWord(chain: readonly Operation[], t: Term): Reduction {
  const steps = chain.filter((o) => o.word !== 'none');
  const reducing = steps.filter((o) => o.word !== 'divide');
  if (reducing.length === 0) return 'none';
  if (reducing.some((o) => o.word === 'max')) return 'max';
  if (reducing.some((o) => o.word === 'other')) return t.unknown !== null && isUnread(t) ? 'unknown' : 'other';
  const divisors = steps.filter((o) => o.word === 'divide' && o.over.length > 0).map((o) => o.divisor);
  const means = reducing.filter((o) => o.word === 'mean');
  const sums = reducing.filter((o) => o.word === 'sum' && o.over.some((a) => a !== 'C'));
  if (means.some((o) => o.divisor === 'weights') || divisors.includes('weights')) return 'weighted-mean';
  if (means.some((o) => o.divisor === 'count') || divisors.includes('count')) return means.some((o) => o.divisor === 'count') && divisors.length === 0 ? 'token-mean' : 'weighted-mean';
  if (means.length === 0) return sums.length && divisors.some((d) => d === 'actual' || d === 'nominal') ? 'sum-then-mean' : 'sum';
  if (sums.length === 0) return 'mean';
  return reducing.indexOf(sums[0] as Operation) < reducing.indexOf(means[0] as Operation) ? 'sum-then-mean' : 'mean-then-sum';
}

/** Degrees of the axes that were reduced; of the batch always. */
function shownDegrees(t: Term): Degrees {
  const degrees = degreesOf(t);
  const touched = new Set<AxisName>([...(Object.keys(degrees) as AxisName[]), ...t.operations.flatMap((o) => [...o.over])]);
  touched.add('B');
  return Object.fromEntries([...touched].filter((a) => a !== 'C' && a !== 'P').map((a) => [a, degrees[a] ?? 0]));
}

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Differentiated {
  readonly value: Value;
  readonly range: Range;
  readonly sinkRange: Range;
  readonly name: string;
  readonly sink?: SinkRecord;
}

function lossesOfSinks(m: Interpreter, assumedBatchSize: number | null): Loss[] {
  return m.record.sinks.map((s) => lossOf(m, { value: s.value, range: s.range, sinkRange: s.sinkRange, name: s.name, sink: s }, assumedBatchSize, false)).filter((l) => l !== null);
}

function lossOf(m: Interpreter, d: Differentiated, assumedBatchSize: number | null, assumed: boolean): Loss | null {
  const alternatives = alternativesOf(d.value).filter((a) => a.value.kind === 'sum');
  const optimizer = optimizerOf(m, d.sink);
  const described = alternatives.map((a) => ({ when: a.when, terms: termsOf(m, a.value as Sum, optimizer) })).filter((a) => a.terms.some((t) => !t.fromOptimizer));
  const first = described[0];
  const other = d.value.kind === 'unknown' ? unknownTerms(m, d) : null;
  if (!first && !other) return null;
  const terms = first && described.length === 1 ? first.terms : first ? joined(described.map((a) => a.terms)) : (other as LossTerm[]);
  const batchSize = batchSizeOf(m, d, alternatives.map((a) => a.value as Sum), assumedBatchSize);
  const clip = clipOf(m, d.sink, optimizer);
  return {
    range: lensRange(m, d, alternatives.map((a) => a.value as Sum)),
    sink: d.name,
    sinkRange: d.sinkRange,
    framework: m.vocabulary.frameworkTitle(),
    assumed: [...(assumed ? ['it is returned here and trained on elsewhere'] : []), ...new Set(terms.flatMap((t) => t.assumed))],
    terms,
    alternatives: described.length > 1 ? described.map((a) => ({ condition: conditionText(a.when), terms: a.terms })) : [],
    balanceMovesWithBatch: balance(terms),
    batchSize,
    optimizer,
    clip,
    advice: advise({ terms, batchSize, optimizer, clip }),
  };
}

const conditionText = (when: Conditions): string => [...when].map(([text, holds]) => (holds ? `if ${text}` : `unless ${text}`)).join(', ');

function unknownTerms(m: Interpreter, d: Differentiated): LossTerm[] {
  const reason = `\`${m.textOf(d.range, 40)}\` is computed where this file does not show it`;
  return [{ kind: 'unknown', range: d.range, text: m.textOf(d.range, 48), reduction: 'unknown', over: [], degrees: {}, coefficient: null, nominal: false, selection: false, fromOptimizer: false, assumed: [], reason, trace: [] }];
}

/** Terms of several alternatives: those they share stay, a term on which they differ has no degree that holds for all. */
function joined(alternatives: readonly (readonly LossTerm[])[]): LossTerm[] {
  const [first = [], ...others] = alternatives;
  const result: LossTerm[] = [];
  const all = [...first, ...others.flat()];
  for (const t of all) {
    const twin = result.findIndex((r) => r.range.start === t.range.start && r.range.end === t.range.end && r.kind === t.kind);
    if (twin < 0) result.push(t);
    else {
      const known = result[twin] as LossTerm;
      if (known.degrees.B !== t.degrees.B) result[twin] = { ...known, kind: 'unknown', degrees: {}, reason: 'its reduction depends on a branch or an argument' };
    }
  }
  const degrees = new Set(alternatives.map((ts) => JSON.stringify(ts.filter((t) => t.kind === 'data').map((t) => t.degrees.B ?? null).sort())));
  if (degrees.size <= 1) return result;
  return result.map((t) => (t.kind === 'data' && alternatives.some((ts) => !ts.some((u) => u.range.start === t.range.start)) ? { ...t, assumed: [...t.assumed, 'it is one of several alternatives'] } : t));
}

function termsOf(m: Interpreter, s: Sum, optimizer: Optimizer | null): LossTerm[] {
  const terms: LossTerm[] = [];
  for (const t of s.terms) {
    if (t.theta === 'no' || t.coefficient?.value === 0) continue;
    const described = describeTerm(m, t);
    const twin = terms.find((o) => o.range.start === described.range.start && o.range.end === described.range.end && o.coefficient?.text === described.coefficient?.text && o.degrees.B === described.degrees.B);
    if (!twin) terms.push(described);
  }
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
      trace: [{ range: decay.where ?? optimizer.where, text: `weight_decay=${decay.text}`, result: 'depends on the parameters alone, degree 0' }],
    });
  }
  return terms;
}

function describeTerm(m: Interpreter, t: Term): LossTerm {
  const sites = t.operations.filter((o) => o.makesSite);
  const lead = sites.at(-1) ?? null;
  const range = lead?.range ?? t.range;
  // A penalty that stands inside a reduction over examples has its own reduction: over the parameters.
  const isPenalty = t.unknown === null && t.examples === 'no';
  const own = isPenalty ? t.operations.filter((o) => o.over.includes('P')) : t.operations;
  const chain = own.length ? own : t.operations;
  const shown = isPenalty ? (own.at(-1)?.range ?? range) : range;
  const over = [...new Set(chain.flatMap((o) => (o.word === 'divide' ? [] : [...o.over])))].filter((a) => a !== 'C');
  const common = {
    range: shown,
    text: (own.at(-1) ?? lead)?.text ?? m.textOf(shown, 48),
    reduction: reductionWord(chain, t),
    over,
    coefficient: t.coefficient && t.coefficient.value !== 1 ? t.coefficient : null,
    nominal: isNominal(t),
    selection: t.selected.includes('B'),
    fromOptimizer: false,
    assumed: t.assumed,
    trace: t.trace,
  };
  if (t.unknown !== null) return { ...common, kind: 'unknown', reduction: isUnread(t) ? 'unknown' : common.reduction, degrees: {}, reason: t.unknown };
  return { ...common, kind: isPenalty ? 'penalty' : 'data', degrees: shownDegrees(t) };
}

/** Whether the terms scale differently with the batch; null where one of them is not known. */
function balance(terms: readonly LossTerm[]): boolean | null {
  if (terms.some((t) => t.kind === 'unknown')) return null;
  const degrees = terms.map((t) => t.degrees.B);
  if (degrees.some((d) => d === undefined)) return null;
  return degrees.some((d) => d !== degrees[0]);
}

/** The lens stands where the loss is made: at its one reduction, or at the first of several. */
function lensRange(m: Interpreter, d: Differentiated, sums: readonly Sum[]): Range {
  const [s] = sums;
  const data = s?.terms.filter((t) => t.theta !== 'no' && t.examples !== 'no') ?? [];
  const lead = (data[0] ?? s?.terms.find((t) => t.theta !== 'no'))?.operations.filter((o) => o.makesSite).at(-1);
  const trace = s?.terms[0]?.trace.at(-1)?.range;
  const range = lead?.range ?? trace ?? d.range;
  return m.isInside(range) ? range : d.range;
}

/** The same loss differentiated at several places (a branch for mixed precision) is shown once. */
function mergeLosses(losses: readonly Loss[]): Loss[] {
  const merged: Loss[] = [];
  for (const loss of losses) {
    const at = merged.findIndex((l) => l.range.start === loss.range.start && l.range.end === loss.range.end);
    const known = merged[at];
    if (!known) merged.push(loss);
    else if (known.sink === 'return' && loss.sink !== 'return') merged[at] = loss;
    else if (known.sinkRange.start === loss.sinkRange.start && known.terms.length < loss.terms.length) merged[at] = loss;
    else if (known.optimizer === null && loss.optimizer !== null) merged[at] = loss;
  }
  return merged.sort((a, b) => a.range.start - b.range.start);
}

// ── Losses that are returned ────────────────────────────────────────────────────────────────────────────────────────────────────

const RETURNS_LOSS = /loss|criterion|objective|cost|^training_step$|^compute_loss|^calc_loss|penalty|^elbo/i;

/** Values that look like a loss and leave the file: assumed to be trained on, where no sink of the file takes them. */
function assumedLosses(m: Interpreter, reached: ReadonlySet<string>): ReturnRecord[] {
  const candidates: ReturnRecord[] = [];
  for (const r of m.record.returns) {
    for (const { value } of alternativesOf(r.value)) {
      const parts: [string, Value][] = value.kind === 'sequence' ? value.items.map((v) => ['', v]) : value.kind === 'record' && value.type === null ? [...value.fields] : [['', value]];
      for (const [key, v] of parts) {
        if (v.kind !== 'sum' && v.kind !== 'choice') continue;
        const operations = operationsIn(v).filter((o) => o.makesSite);
        if (operations.length === 0 || operations.some((o) => reached.has(keyOf(o)))) continue;
        const names = operations.flatMap((o) => [...(m.record.variables.get(keyOf(o)) ?? [])]);
        const named = RETURNS_LOSS.test(r.functionName) || RETURNS_LOSS.test(r.className) || isLossName(key) || names.some(isLossName);
        const trained = alternativesOf(v).some((a) => a.value.kind === 'sum' && isScalar(a.value.row) && a.value.terms.some((t) => t.theta !== 'no'));
        const evaluates = isMetricName(r.functionName) || operations.some((o) => (m.record.observations.get(keyOf(o)) ?? []).every((x) => x.evaluation));
        if (named && trained && !evaluates) candidates.push({ ...r, value: v });
      }
    }
  }
  // A loss that another returned loss is made of is a part of that one.
  return candidates.filter((c) => {
    const own = operationsIn(c.value).map(keyOf);
    return !candidates.some((o) => o !== c && operationsIn(o.value).length > own.length && own.every((k) => operationsIn(o.value).some((x) => keyOf(x) === k)));
  });
}

// ── Settings ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function optimizerOf(m: Interpreter, sink: SinkRecord | undefined): Optimizer | null {
  const own = sink?.optimizers ?? [];
  const candidates = own.length ? own : sink && !(sink.waits === false && sink.stepRange === null) ? m.record.optimizers : [];
  const [only] = candidates;
  if (candidates.length !== 1 || !only) return null;
  return readOptimizer(m, only);
}

function clipOf(m: Interpreter, sink: SinkRecord | undefined, optimizer: Optimizer | null): Clip | null {
  if (sink?.clip) return { type: sink.clip.type, threshold: readRate(m, sink.clip.threshold, null) ?? unknownRate(m, sink.clip.range) };
  const own = sink?.optimizers.length === 1 ? sink.optimizers[0] : undefined;
  if (!own || !optimizer) return null;
  for (const c of own.entry.clips ?? []) {
    const given = m.argumentOf(own, c.parameter);
    const rate = readRate(m, given, null);
    if (rate) return { type: c.type, threshold: rate };
  }
  return null;
}

const unknownRate = (m: Interpreter, range: Range): Rate => ({ value: null, where: range, origin: 'constant', text: m.textOf(range, 32) });

/** The batch size of a loss: of its own data, of the number that stands for it, of the model's `fit`, or the only one in the file. */
function batchSizeOf(m: Interpreter, d: Differentiated, sums: readonly Sum[], assumed: number | null): BatchSize | null {
  const sources = sums.flatMap((s) => s.terms.flatMap((t) => (t.batch ? [t.batch] : [])));
  for (const source of sources) {
    const found = fromSource(m, source);
    if (found) return found;
  }
  const fit = d.sink?.model ? m.record.fits.find((f) => f.receiver === d.sink?.model) : undefined;
  if (fit) {
    const found = fit.source ? fromSource(m, fit.source) : null;
    if (found) return found;
    if (fit.default !== null && !fit.source) return { value: fit.default, kind: 'nominal', where: null, origin: 'framework-default', text: `default of fit`, raggedLastBatch: true };
  }
  const all = m.record.sources.map((s) => fromSource(m, s)).filter((b) => b !== null && b.value !== null);
  const distinct = [...new Set(all.map((b) => b?.value))];
  if (distinct.length === 1 && all[0]) return all[0];
  const named = m.namedBatchSizes();
  const values = [...new Set(named.map((n) => n.value))];
  const [only] = named;
  if (values.length === 1 && only) return { value: only.value, kind: 'nominal', where: only.range, origin: only.origin, text: only.text, raggedLastBatch: null };
  if (assumed !== null) return { value: assumed, kind: 'assumed', where: null, origin: 'assumed', text: 'settings', raggedLastBatch: null };
  return null;
}

function fromSource(m: Interpreter, source: BatchSource): BatchSize | null {
  if (!source.size) return null;
  const value = numberOf(source.size) ?? constantNumber(source.size);
  const [t] = source.size.terms;
  if (!t) return null;
  const where = t.range.end > t.range.start && m.isInside(t.range) ? t.range : source.range;
  return { value, kind: 'nominal', where, origin: t.origin, text: m.textOf(source.range, 32), raggedLastBatch: source.dropsLast === null ? null : !source.dropsLast };
}

