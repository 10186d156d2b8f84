/** The settings that belong to one loss: its optimiser, its clip, its batch size. */
import type { BatchSize, Clip, Optimizer, Range, Rate } from '../analysis.ts';
import { type BatchSource, numberOf, type Sum } from '../degree/term.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { SinkRecord } from '../interpreter/recorder.ts';
import type { Value } from '../interpreter/values.ts';
import { argumentOf, readOptimizer, readRate } from './settings.ts';

export interface Differentiated {
  readonly value: Value;
  readonly range: Range;
  readonly sinkRange: Range;
  readonly name: string;
  readonly sink?: SinkRecord;
}

export function optimizerOf(m: Interpreter, sink: SinkRecord | undefined): Optimizer | null {
  const own = sink?.optimizers ?? [];
  const candidates = own.length
    ? own
    : sink && !(sink.waits === false && sink.stepRange === null)
      ? m.record.optimizers
      : [];
  const [only] = candidates;
  if (candidates.length !== 1 || !only) return null;
  return readOptimizer(m, only);
}

export function clipOf(m: Interpreter, sink: SinkRecord | undefined, optimizer: Optimizer | null): Clip | null {
  if (sink?.clip)
    return {
      type: sink.clip.type,
      threshold: readRate(m, sink.clip.threshold, null) ?? unknownRate(m, sink.clip.range),
    };
  const own = sink?.optimizers.length === 1 ? sink.optimizers[0] : undefined;
  if (!own || !optimizer) return null;
  for (const c of own.entry.clips ?? []) {
    const given = argumentOf(own, c.parameter);
    const rate = readRate(m, given, null);
    if (rate) return { type: c.type, threshold: rate };
  }
  return null;
}

const unknownRate = (m: Interpreter, range: Range): Rate => ({
  value: null,
  where: range,
  origin: 'constant',
  text: m.textOf(range, 32),
});

/**
 * The batch size of a loss: of its own data, of the model's `fit`, of the file's one source of batches, or of the one number that is named so. Where none
 * of them has a value, the one that the user's settings assume.
 */
export function batchSizeOf(
  m: Interpreter,
  d: Differentiated,
  sums: readonly Sum[],
  assumed: number | null,
): BatchSize | null {
  const found = ownBatchSize(m, sums) ?? fitBatchSize(m, d) ?? onlyBatchSize(m);
  if (found?.value != null || assumed === null) return found;
  return {
    value: assumed,
    kind: 'assumed',
    where: found?.where ?? null,
    origin: 'assumed',
    text: found?.text ?? 'settings',
    raggedLastBatch: found?.raggedLastBatch ?? null,
  };
}

function ownBatchSize(m: Interpreter, sums: readonly Sum[]): BatchSize | null {
  for (const t of sums.flatMap((s) => s.terms)) {
    const found = t.batch ? fromSource(m, t.batch) : null;
    if (found) return found;
  }
  return null;
}

function fitBatchSize(m: Interpreter, d: Differentiated): BatchSize | null {
  const { sink } = d;
  if (!sink?.model) return null;
  const { fits } = m.record;
  // A model that one function compiles and another fits goes by its name, where only one does.
  const byName = fits.filter((f) => f.receiver === sink.model);
  const fit = fits.find((f) => f.owner === sink.owner) ?? (byName.length === 1 ? byName[0] : undefined);
  if (!fit) return null;
  if (fit.source) return fromSource(m, fit.source);
  if (fit.default === null) return null;
  return {
    value: fit.default,
    kind: 'nominal',
    where: null,
    origin: 'framework-default',
    text: 'default of fit',
    raggedLastBatch: true,
  };
}

/** Several different numbers are several possibilities, and none of them is shown. */
function onlyBatchSize(m: Interpreter): BatchSize | null {
  const sources = m.record.sources.map((s) => fromSource(m, s)).filter((b) => b !== null && b.value !== null);
  if (sources[0] && new Set(sources.map((b) => b?.value)).size === 1) return sources[0];
  const named = m.flags.batchSizes;
  const [only] = named;
  if (!only || new Set(named.map((n) => n.value)).size !== 1) return null;
  return {
    value: only.value,
    kind: 'nominal',
    where: only.range,
    origin: only.origin,
    text: only.text,
    raggedLastBatch: null,
  };
}

function fromSource(m: Interpreter, source: BatchSource): BatchSize | null {
  if (!source.size) return null;
  const value = numberOf(source.size);
  const [t] = source.size.terms;
  if (!t) return null;
  const where = t.range.end > t.range.start && m.isInside(t.range) ? t.range : source.range;
  return {
    value,
    kind: 'nominal',
    where,
    origin: t.origin,
    text: m.textOf(source.range, 32),
    raggedLastBatch: source.dropsLast === null ? null : !source.dropsLast,
  };
}
