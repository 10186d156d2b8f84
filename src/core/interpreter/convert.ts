/** Values seen as numbers or tensors, and numbers seen as the sizes that they stand for. */
import type { Range } from '../analysis.ts';
import { addExponentsOf } from '../degree/algebra.ts';
import { axis, batchRow, guessedRow, parameterRow, row, scalarRow, unknownRow } from '../degree/axes.ts';
import {
  type BatchSource,
  constant,
  isNumberLike,
  mapTerms,
  markUnknown,
  numberOf,
  type Sum,
  single,
  sizeOf,
  symbol,
  unknownSum,
} from '../degree/term.ts';
import type { Interpreter } from './interpreter.ts';
import { axisOfSizeName, isConfigName, isHyperparameterName, isLossName } from './names.ts';
import { same } from './same.ts';
import { forEach, type Repeated, type Unknown, type Value } from './values.ts';

/** A tensor of examples as it comes out of a batch: examples in front, no parameters in it. */
export const examplesSum = (range: Range, source: BatchSource | null): Sum =>
  single({ theta: 'no', examples: 'yes', range, batch: source }, batchRow);

/** One trainable tensor. */
export const parameterSum = (range: Range): Sum => single({ theta: 'yes', examples: 'no', range }, parameterRow);

/** What a layer or model gives for its inputs: a row an example, trained. */
export const outputSum = (range: Range, batch: BatchSource | null): Sum =>
  single({ theta: 'yes', examples: 'yes', range, batch }, batchRow);

/** A tensor of which only its name is known; where a result rests on its first axis being the batch, the note says so. */
function unknownTensor(u: Unknown): Sum {
  if (/^(?:W\d*|theta|kernel)$/.test(u.name))
    return mapTerms(parameterSum(u.range), (t) => ({
      ...t,
      assumed: [`\`${u.name}\` is taken for a trained parameter`],
    }));
  const certain = u.batch !== null;
  const note = `\`${shorten(u.name)}\` is taken to hold one row an example`;
  return single(
    {
      theta: 'maybe',
      examples: certain ? 'yes' : 'maybe',
      assumed: certain ? [] : [note],
      range: u.range,
      batch: u.batch,
      counts: /mask|valid|\bpad/i.test(u.name) ? 'mask' : /weights?$/i.test(u.name) ? 'weights' : null,
    },
    certain ? batchRow : guessedRow,
  );
}

const shorten = (name: string): string => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

/** A value as a number or tensor. Choices are the caller's matter. */
export function toSum(m: Interpreter, value: Value, range: Range): Sum {
  switch (value.kind) {
    case 'sum':
      return value;
    case 'truth':
      return constant(value.value ? 1 : 0, range);
    case 'batch':
      return examplesSum(range, value.source);
    case 'shape':
      return constant(1, range);
    case 'schedule':
      return value.initial ? toSum(m, value.initial, range) : symbol(value.name, range);
    case 'sequence':
      return sequenceSum(m, value.items, range);
    case 'repeated': {
      const element = toSum(m, value.element, range);
      if (value.count === null) return unknownSum('what the list runs over is not known here', range, unknownRow);
      const names = Object.keys(value.count) as (keyof typeof value.count)[];
      return {
        ...element,
        row: { ...element.row, front: [names.length ? axis(...names) : axis('I'), ...element.row.front] },
      };
    }
    case 'unknown': {
      if (value.from === 'config' || isHyperparameterName(value.name)) return symbol(value.name, value.range);
      if (isLossName(value.name))
        return unknownSum(`\`${shorten(value.name)}\` is computed elsewhere`, value.range, unknownRow, {
          batch: value.batch,
        });
      const size = axisOfSizeName(value.name);
      if (size !== null) return sizeOf([size], 'nominal', value.range);
      return unknownTensor(value);
    }
    case 'api': {
      // Constants of libraries are named without a call: `math.pi`.
      const entry = m.vocabulary.entry(value.name);
      if (entry?.effect !== 'constant')
        return unknownSum(`\`${shorten(value.name)}\` is not a number that can be followed`, range, unknownRow);
      return typeof entry.value === 'number' ? constant(entry.value, range) : symbol(value.name, range);
    }
    case 'model':
    case 'parameters':
      return parameterSum(range);
    default:
      return unknownSum(`\`${m.textOf(range, 40)}\` is not a number that can be followed`, range, unknownRow);
  }
}

/** All entries of a repeated list, added. */
export function sumOfRepeated(m: Interpreter, list: Repeated, range: Range): Sum {
  const element = toSum(m, list.element, range);
  return list.count === null
    ? markUnknown(element, 'what the list runs over is not known here')
    : addExponentsOf(element, list.count);
}

/** Entries that a loop added to a list that is then a tensor: how they weigh against the others is known where they do not count examples. */
export function grownEntries(m: Interpreter, list: Repeated, range: Range): Sum {
  const all = sumOfRepeated(m, list, range);
  const plain = list.count !== null && Object.keys(list.count).every((n) => n === 'P');
  return plain ? all : markUnknown(all, 'how many entries the list has is not known here');
}

/** Numbers in a list: a tensor literal. Tensors in a list: stacked along a first axis of fixed length. */
function sequenceSum(m: Interpreter, items: readonly Value[], range: Range): Sum {
  const sums = items.map((v) => (v.kind === 'repeated' && v.inline ? grownEntries(m, v, range) : toSum(m, v, range)));
  if (sums.every(isNumberLike)) return single({ range }, row([axis('I')]));
  const terms = sums.flatMap((s) => s.terms);
  const inner = sums[0]?.row ?? scalarRow;
  return { kind: 'sum', terms, row: { ...inner, front: [axis('I'), ...inner.front] } };
}

/**
 * A number read under a name that stands for the batch size is that size: nominal, with its value. Anything else stays what it is.
 */
export function readAs(m: Interpreter, name: string, value: Value, range: Range): Value {
  if (!m.flags.isBatchName(name)) return value;
  return forEach(
    value,
    (v) => {
      if (v.kind === 'unknown') return sizeOf(['B'], 'nominal', range);
      if (v.kind !== 'sum' || !isNumberLike(v)) return v;
      const [only] = v.terms;
      const value_ = numberOf(v);
      if (!only || v.terms.length !== 1 || only.over.length > 0 || value_ === null) return v;
      m.flags.nameBatchSize(value_, only.range.end > only.range.start ? only.range : range, name, only.origin);
      return {
        ...v,
        terms: [
          {
            ...only,
            over: [{ exponents: { B: -1 }, kind: 'nominal' }],
            coefficient: null,
            size: value_,
          },
        ],
      };
    },
    same,
  );
}

export const unknown = (
  name: string,
  range: Range,
  from: Unknown['from'],
  batch: BatchSource | null = null,
): Unknown => ({ kind: 'unknown', name, range, from, batch });

/** A field of something unknown: a setting where its holder looks like one. */
export const unknownField = (holder: Unknown, field: string, range: Range): Unknown =>
  unknown(
    `${holder.name}.${field}`,
    range,
    holder.from === 'config' || isConfigName(holder.name) ? 'config' : holder.from === 'import' ? 'import' : 'name',
    holder.batch,
  );

/** Where the examples in a value come from. */
export function batchOf(value: Value): BatchSource | null {
  switch (value.kind) {
    case 'sum':
      return value.terms.find((t) => t.batch)?.batch ?? null;
    case 'batch':
      return value.source;
    case 'unknown':
      return value.batch;
    case 'sequence':
      return firstOf(value.items);
    case 'record':
      return firstOf([...value.fields.values()].slice(0, 16).filter((v) => v.kind !== 'record'));
    case 'choice':
      return firstOf(value.alternatives.map((a) => a.value));
    case 'repeated':
      return batchOf(value.element);
    default:
      return null;
  }
}

const firstOf = (values: readonly Value[]): BatchSource | null => {
  for (const v of values) {
    const found = batchOf(v);
    if (found) return found;
  }
  return null;
};

/** Whether a value holds examples at all: then what is computed from it does too. */
export function holdsExamples(value: Value): boolean {
  switch (value.kind) {
    case 'sum':
      return value.terms.some((t) => t.examples !== 'no');
    case 'batch':
      return true;
    case 'unknown':
      return value.from === 'parameter' || value.from === 'call' || value.batch !== null;
    case 'sequence':
      return value.items.some(holdsExamples);
    case 'record':
      return [...value.fields.values()].slice(0, 16).some((v) => v.kind !== 'record' && holdsExamples(v));
    case 'choice':
      return value.alternatives.some((a) => holdsExamples(a.value));
    case 'repeated':
      return holdsExamples(value.element);
    default:
      return false;
  }
}
