/** Where losses are differentiated, and the steps that follow. */
import type { Range } from '../analysis.ts';
import type { FitEntry, SinkEntry } from '../catalogue/schema.ts';
import { add, isRaw } from '../degree/algebra.ts';
import { isScalar, scalarRow } from '../degree/axes.ts';
import { reduce } from '../degree/reduction.ts';
import { type BatchSource, detached, mapTerms, type Sum, unknownSum } from '../degree/term.ts';
import { type Bound, bindTo } from './arguments.ts';
import { type CallSite, callValue } from './calls.ts';
import { batchOf, examplesSum, outputSum, parameterSum, toSum, unknown } from './convert.ts';
import { callClosure, emptyArguments } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { applyLoss } from './losses.ts';
import { same } from './same.ts';
import {
  type CallArguments,
  type Closure,
  forEach,
  type NamedValue,
  nothing,
  type OptimizerValue,
  sequence,
  type Value,
} from './values.ts';

export function applySink(
  m: Interpreter,
  entry: SinkEntry,
  args: CallArguments,
  site: CallSite,
  receiver: Value | null,
): Value {
  const bound = bindTo(entry, args);
  const given = lossGiven(entry, bound, receiver, site);
  const by = entry.withRespectTo ? bound.get(entry.withRespectTo) : null;
  // Differentiated by its inputs (a gradient penalty, an attribution), nothing is trained here.
  if (given && by && !isParameters(by.value)) {
    return { kind: 'repeated', element: outputSum(site.range, batchOf(given.value)), count: {}, length: null };
  }
  const optimizer = optimizerOf(m, entry, bound, receiver, site);
  if (!given || given.value.kind === 'nothing') return nothing;
  const value = lossValue(m, entry, given, site);
  if (value === null) return nothing;
  const reduced = forEach(
    value,
    (v) => implicit(m, entry, seen(m, entry, toSum(m, v, given.range), given.range), given.range, site),
    same,
  );
  const id = m.record.sink({
    name: entry.method?.names[0] ?? entry.names?.[0]?.split('.').at(-1) ?? 'sink',
    value: reduced,
    range: given.range,
    sinkRange: site.range,
    optimizer,
    waits: entry.optimizer === null,
    model: entry.form === 'compile' && site.receiver ? m.textOf(site.receiver.range) : null,
  });
  if (entry.form === 'function')
    return entry.optimizer === 'receiver' ? detachedValue(reduced) : valueAndGradients(reduced, id);
  return { kind: 'gradients', sinks: [id] };
}

function lossGiven(entry: SinkEntry, bound: Bound, receiver: Value | null, site: CallSite): NamedValue | null {
  if (entry.loss !== 'receiver') return bound.get(entry.loss);
  // A wrapper's method of the same name takes the loss as its argument: `accelerator.backward(loss)`.
  const argument = entry.orArgument ? bound.get(entry.orArgument) : null;
  if (argument && receiver?.kind !== 'sum' && receiver?.kind !== 'choice') return argument;
  return receiver ? { value: receiver, range: site.receiver?.range ?? site.range } : null;
}

/** What is trained, as opposed to inputs: parameters, or something unknown that may hold them. */
function isParameters(v: Value): boolean {
  switch (v.kind) {
    case 'sum':
      return v.terms.every((t) => t.examples === 'no');
    case 'batch':
    case 'batches':
      return false;
    case 'sequence':
      return v.items.some(isParameters);
    case 'choice':
      return v.alternatives.some((a) => isParameters(a.value));
    default:
      return true;
  }
}

const detachedValue = (v: Value): Value => forEach(v, (x) => (x.kind === 'sum' ? detached(x) : x), same);

const valueAndGradients = (v: Value, id: number): Value => ({
  kind: 'record',
  fields: new Map<string, Value>([
    ['value', detachedValue(v)],
    ['grads', { kind: 'gradients', sinks: [id] }],
  ]),
  type: null,
  name: 'gradients',
  open: false,
});

/**
 * A framework that only differentiates scalars shows that something was reduced: where no step of it was met, it was reduced out of sight.
 */
function seen(m: Interpreter, entry: SinkEntry, s: Sum, loss: Range): Sum {
  if (entry.implicitReduction !== 'none') return s;
  return mapTerms(s, (t) =>
    isRaw(t) && t.theta !== 'no' && t.examples !== 'no'
      ? {
          ...t,
          unknown: `\`${m.textOf(t.range.end > t.range.start ? t.range : loss, 32)}\` is reduced where this file does not show it`,
        }
      : t,
  );
}

/** What the framework does with a loss that is not yet a scalar. */
function implicit(m: Interpreter, entry: SinkEntry, s: Sum, loss: Range, site: CallSite): Sum {
  if (
    isScalar(s.row) ||
    s.row.uncertain ||
    entry.implicitReduction === 'none' ||
    s.terms.every((t) => t.unknown !== null)
  )
    return s;
  const by = entry.method?.names[0] ?? entry.names?.[0] ?? 'the framework';
  const place = { ...site.place, text: `${m.textOf(loss, 40)} (${by} takes the ${entry.implicitReduction})` };
  return m.record.observe(
    reduce(s, { operation: entry.implicitReduction, axes: null, keepDims: false, api: by }, place),
  );
}

function lossValue(m: Interpreter, entry: SinkEntry, given: NamedValue, site: CallSite): Value | null {
  switch (entry.form) {
    case 'value':
      return given.value;
    case 'function':
      return forEach(
        given.value,
        (f) => {
          const result =
            f.kind === 'closure'
              ? differentiated(m, f, site)
              : f.kind === 'sum'
                ? f
                : callValue(m, f, emptyArguments, site);
          // A function may return further values beside its loss.
          return result.kind === 'sequence' ? (result.items[0] ?? nothing) : result;
        },
        same,
      );
    case 'compile':
      return compiled(m, entry, given, site);
  }
}

/** A function that is differentiated with respect to its arguments: they are what is trained. */
function differentiated(m: Interpreter, f: Closure, site: CallSite): Value {
  const positional = f.node.parameters.map((p) => ({ value: parameterSum(p.range), range: p.range }));
  return callClosure(m, f, { positional, named: new Map(), spread: false }, site.range);
}

/** The losses that `compile` is given, each called by the framework on the model's output; several are added. */
function compiled(m: Interpreter, entry: SinkEntry, given: NamedValue, site: CallSite): Value {
  const loss = given.value;
  const each = (v: Value): Value => {
    switch (v.kind) {
      case 'text': {
        const found = v.value === null ? null : m.vocabulary.lossByString(v.value);
        if (!found)
          return unknownSum(
            v.value === null ? 'the name of the loss is not written here' : `no loss is called '${v.value}'`,
            v.range,
            outputSum(site.range, null).row,
          );
        return applyLoss(m, found, emptyArguments, lossArguments(m, site, entry), site.place);
      }
      case 'sequence':
        return v.items.map(each).reduce((a, b) => add(toSum(m, a, site.range), toSum(m, b, site.range)));
      case 'record':
        if (v.type === null) return each(sequence([...v.fields.values()]));
        return callValue(m, v, lossArguments(m, site, entry), site);
      case 'nothing':
        return nothing;
      default:
        return callValue(m, v, lossArguments(m, site, entry), site);
    }
  };
  if (loss.kind === 'sequence' && loss.items.length === 0)
    return unknownSum('the list of losses is empty', site.range, outputSum(site.range, null).row);
  // The framework adds the penalties of the model's layers to what it is given.
  const penalties = layerPenalties(m, entry, site);
  return forEach(
    loss,
    (v) =>
      penalties.reduce<Value>(
        (sum, p) =>
          sum.kind === 'nothing'
            ? p
            : add(
                toSum(m, implicit(m, entry, toSum(m, sum, site.range), given.range, site), site.range),
                toSum(m, p, site.range),
              ),
        each(v),
      ),
    same,
  );
}

/** The penalties of a model's layers; with several models in the file it is not known whose they are. */
function layerPenalties(m: Interpreter, entry: SinkEntry, site: CallSite): readonly Value[] {
  const { items } = m.collections.read('regularization_losses');
  if (items.length === 0 || m.callCount(entry.method?.names[0] ?? '') <= 1) return items;
  return [
    unknownSum('which model the penalties of the file’s layers belong to is not followed', site.range, scalarRow, {
      examples: 'no',
      theta: 'yes',
    }),
  ];
}

function lossArguments(m: Interpreter, site: CallSite, entry: SinkEntry): CallArguments {
  const batch = m.record.fitSource(site.receiver ? m.textOf(site.receiver.range) : '');
  const target = { value: examplesSum(site.range, batch), range: site.range };
  const output = { value: outputSum(site.range, batch), range: site.range };
  return {
    positional: entry.callOrder?.[0] === 'output' ? [output, target] : [target, output],
    named: new Map(),
    spread: false,
  };
}

function optimizerOf(
  m: Interpreter,
  entry: SinkEntry,
  bound: Bound,
  receiver: Value | null,
  site: CallSite,
): OptimizerValue[] {
  const value =
    entry.optimizer === 'receiver'
      ? receiver
      : entry.optimizer === null
        ? null
        : (bound.get(entry.optimizer)?.value ?? null);
  return value === null ? [] : optimizersIn(m, value, site);
}

function optimizersIn(m: Interpreter, value: Value, site: CallSite): OptimizerValue[] {
  switch (value.kind) {
    case 'optimizer':
      return [value];
    case 'choice':
      return value.alternatives.flatMap((a) => optimizersIn(m, a.value, site));
    case 'text': {
      const found = value.value === null ? null : m.vocabulary.optimizerByString(value.value);
      if (!found) return [];
      const made = m.record.optimizer(found, emptyArguments, { ...site, range: value.range });
      return made.kind === 'optimizer' ? [made] : [];
    }
    default:
      return [];
  }
}

/** The calls on an optimiser that take a step with what was differentiated before. */
const STEPS = /^(?:step|apply_gradients|applyGradients|optimizer_step|apply)$/;

export function optimizerMethod(
  m: Interpreter,
  optimizer: OptimizerValue,
  name: string,
  args: CallArguments,
  site: CallSite,
): Value | null {
  if (!STEPS.test(name)) return null;
  const closure = args.positional[0]?.value;
  // An optimiser that evaluates the loss several times (L-BFGS) is given it as a function.
  if (closure?.kind === 'closure') callClosure(m, closure, emptyArguments, site.range);
  m.record.step(optimizer, site.range);
  return nothing;
}

/** A step by a call that only has the optimiser among its arguments: `scaler.step(optimizer)`. */
export function stepsOptimizer(m: Interpreter, name: string, inputs: readonly Value[], site: CallSite): void {
  if (!/step|apply_gradients|applyGradients/.test(name)) return;
  const found = inputs.flatMap((v) => optimizersIn(m, v, site));
  if (found.length) for (const o of found) m.record.step(o, site.range);
  else if (/opt/i.test(name)) m.record.step(null, site.range);
}

export function applyFit(m: Interpreter, entry: FitEntry, args: CallArguments, site: CallSite): Value {
  const bound = bindTo(entry, args);
  const given = bound.get(entry.batchSize.parameter);
  m.flags.noteBatchSize(site.expression, given);
  const data = args.positional[0]?.value;
  const fromData = data?.kind === 'batches' ? data.source : null;
  const size = given && given.value.kind !== 'choice' ? toSum(m, given.value, given.range) : null;
  const source: BatchSource | null =
    fromData ?? (size ? { size, range: given?.range ?? site.range, dropsLast: false } : null);
  // A data set that comes alone brings batches of its own; the default is for arrays, whose targets are given beside them.
  const isArrays = args.positional.length > 1 || bound.get('y') !== null;
  m.record.fit(
    site.receiver ? m.textOf(site.receiver.range) : '',
    source,
    isArrays ? entry.batchSize.default : null,
    site.range,
  );
  return unknown(m.textOf(site.range, 32), site.range, 'call');
}
