/** The settings that belong to one loss: its optimiser, its clip, its batch size. */
import type { BatchSize, Clip, Optimizer, Range, Rate } from '../analysis.ts';
import type { Interpreter } from './interpreter.ts';
import type { SinkRecord } from './recorder.ts';
import { readOptimizer, readRate } from './settings.ts';
import { type BatchSource, numberOf, type Sum } from './term.ts';
import type { Value } from './values.ts';

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
    const given = m.argumentOf(own, c.parameter);
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

/** The batch size of a loss: of its own data, of the number that stands for it, of the model's `fit`, or the only one in the file. */
export function batchSizeOf(
  m: Interpreter,
  d: Differentiated,
  sums: readonly Sum[],
  assumed: number | null,
): BatchSize | null {
  const sources = sums.flatMap((s) => s.terms.flatMap((t) => (t.batch ? [t.batch] : [])));
  for (const source of sources) {
    const found = fromSource(m, source);
    if (found) return found;
  }
  const fit = d.sink?.model ? m.record.fits.find((f) => f.receiver === d.sink?.model) : undefined;
  if (fit) {
    const found = fit.source ? fromSource(m, fit.source) : null;
    if (found) return found;
    if (fit.default !== null && !fit.source)
      return {
        value: fit.default,
        kind: 'nominal',
        where: null,
        origin: 'framework-default',
        text: `default of fit`,
        raggedLastBatch: true,
      };
  }
  const all = m.record.sources.map((s) => fromSource(m, s)).filter((b) => b !== null && b.value !== null);
  const distinct = [...new Set(all.map((b) => b?.value))];
  if (distinct.length === 1 && all[0]) return all[0];
  const named = m.namedBatchSizes();
  const values = [...new Set(named.map((n) => n.value))];
  const [only] = named;
  if (values.length === 1 && only)
    return {
      value: only.value,
      kind: 'nominal',
      where: only.range,
      origin: only.origin,
      text: only.text,
      raggedLastBatch: null,
    };
  if (assumed !== null)
    return { value: assumed, kind: 'assumed', where: null, origin: 'assumed', text: 'settings', raggedLastBatch: null };
  return null;
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
