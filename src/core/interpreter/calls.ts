/** What is called, and with what: closures run, the catalogue's entries act, unknown things stay unknown in the least harmful way. */

import type { Range } from '../analysis.ts';
import type { Entry } from '../catalogue/schema.ts';
import { isRaw } from '../degree/algebra.ts';
import { row, unknownRow } from '../degree/axes.ts';
import { markAssumed, type Place, type Sum, single, unknownSum } from '../degree/term.ts';
import type { Argument, Call, Expression } from '../syntax/tree.ts';
import { dictMethod, functionMethod, listMethod } from './builtin-methods.ts';
import { callMethods, classMember, isModelInstance } from './classes.ts';
import { batchOf, holdsExamples, outputSum, parameterSum, toSum, unknown } from './convert.ts';
import { applyEffect } from './effects.ts';
import { evaluate, memberOf } from './expressions.ts';
import { callClosure, construct, valuesOf } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { elementOf } from './loops.ts';
import { applyLoss } from './losses.ts';
import { isLossName, isMetricName, isModelName, lastPart } from './names.ts';
import { halfSquare } from './reducers.ts';
import { same } from './same.ts';
import { applyFit, applySink, optimizerMethod, stepsOptimizer } from './sinks.ts';
import type { Scope } from './store.ts';
import { type CallArguments, forEach, type NamedValue, nothing, type RecordValue, type Value } from './values.ts';
import type { ReceiverKind } from './vocabulary.ts';

/** A call as the effects see it. */
export interface CallSite {
  readonly range: Range;
  /** What a site shows: from the name that is called to the end of the call. */
  readonly place: Place;
  readonly expression: Call;
  readonly scope: Scope;
  /** The expression before the dot, where there is one, and its value. */
  readonly receiver: Expression | null;
  readonly receiverValue: Value | null;
}

export function evaluateCall(m: Interpreter, e: Call, scope: Scope): Value {
  const inherited = superCall(m, e, scope);
  if (inherited) return inherited;
  const receiver = e.callee.kind === 'member' ? e.callee.object : null;
  const object = receiver ? evaluate(m, receiver, scope) : null;
  const args = evaluateArguments(m, e.arguments, scope);
  // The place of a chained call starts at its own name: the chain before it may stand lines above.
  const start = e.callee.kind === 'member' && receiver?.kind === 'call' ? e.callee.propertyRange.start : e.range.start;
  const site: CallSite = {
    range: e.range,
    place: { range: { start, end: e.range.end }, statement: m.statement, text: m.textOf(e.range) },
    expression: e,
    scope,
    receiver,
    receiverValue: object,
  };
  if (e.callee.kind === 'member' && object) {
    const callee = e.callee;
    // A loss that is one of several is differentiated once, as the choice that it is.
    if (object.kind === 'choice') {
      const sink = m.vocabulary.methodEntry(
        callee.property,
        receiverKind(m, object.alternatives[0]?.value ?? nothing, callee.property),
      );
      if (sink?.effect === 'sink') return applySink(m, sink, args, { ...site, receiverValue: object }, object);
    }
    return forEach(
      object,
      (v) => callMember(m, v, callee.property, callee.range, callee.propertyRange, args, { ...site, receiverValue: v }),
      same,
    );
  }
  return forEach(evaluate(m, e.callee, scope), (v) => callValue(m, v, args, site), same);
}

export function evaluateArguments(m: Interpreter, list: readonly Argument[], scope: Scope): CallArguments {
  const positional: NamedValue[] = [];
  const named = new Map<string, NamedValue>();
  let spread = false;
  for (const a of list) {
    const value = evaluate(m, a.value, scope);
    const item = { value, range: a.value.range };
    if (a.spread === 'list') {
      if (value.kind === 'sequence') positional.push(...value.items.map((v) => ({ value: v, range: a.value.range })));
      else spread = true;
    } else if (a.spread === 'dict') {
      if (value.kind === 'record') for (const [k, v] of value.fields) named.set(k, { value: v, range: a.value.range });
      spread ||= value.kind !== 'record' || value.open;
    } else if (a.name !== null) named.set(a.name, item);
    else positional.push(item);
  }
  return { positional, named, spread };
}

function callMember(
  m: Interpreter,
  v: Value,
  property: string,
  range: Range,
  propertyRange: Range,
  args: CallArguments,
  site: CallSite,
): Value {
  if (v.kind === 'regularizer' && (property === 'apply' || property === 'call')) return callValue(m, v, args, site);
  if (v.kind === 'parameters' && /^(?:map|reduce|forEach)$/.test(property)) {
    const list = elementOf(m, v, site.place.text, site.range);
    const method = listMethod(
      m,
      { kind: 'repeated', element: list.element, count: list.count, length: list.length },
      property,
      args,
      site,
    );
    if (method) return method;
  }
  if (v.kind === 'sequence' || v.kind === 'repeated') {
    const list = listMethod(m, v, property, args, site);
    if (list) return list;
  }
  if (v.kind === 'record') {
    const dict = v.fields.has(property) || v.type ? null : dictMethod(m, v, property, args, range);
    if (dict) return dict;
  }
  if (v.kind === 'closure') {
    const bound = functionMethod(m, v, property, args, site);
    if (bound) return bound;
  }
  if (v.kind === 'text') return { kind: 'text', value: null, range };
  return callValue(m, memberOf(m, v, property, range, propertyRange), args, site);
}

export function callValue(m: Interpreter, callee: Value, args: CallArguments, site: CallSite): Value {
  switch (callee.kind) {
    case 'closure':
      return callClosure(m, callee, args, site.range);
    case 'class':
      return construct(m, callee, args, site.range);
    case 'record':
      return callInstance(m, callee, args, site);
    case 'loss-object':
      return applyLoss(m, callee.entry, callee.arguments, args, {
        range: callee.range,
        statement: callee.statement,
        text: site.place.text,
        calledAt: site.range,
      });
    case 'model':
      return isLossName(callee.name) ? unknownCall(m, callee.name, args, site) : applyModel(args, site);
    case 'partial': {
      const all = {
        positional: [...callee.arguments.positional, ...args.positional],
        named: new Map([...callee.arguments.named, ...args.named]),
        spread: callee.arguments.spread || args.spread,
      };
      return callValue(m, callee.target, all, site);
    }
    case 'regularizer': {
      const input = args.positional[0]?.value;
      if (!input) return nothing;
      const given = toSum(m, input, site.range);
      // A regulariser is there for parameters: what is not known to hold examples is one.
      const parameter = given.terms.some((t) => t.examples === 'yes') ? given : parameterSum(site.range);
      return halfSquare(m, parameter, callee, site.place);
    }
    case 'api': {
      const entry = m.vocabulary.entry(callee.name);
      if (entry) return act(m, entry, callee.name, args, site);
      return unknownCall(m, callee.name, args, site, 'import');
    }
    case 'method': {
      const { receiver } = callee;
      if (receiver.kind === 'optimizer') {
        const done = optimizerMethod(m, receiver, callee.name, args, site);
        if (done) return done;
      }
      const entry = m.vocabulary.methodEntry(callee.name, receiverKind(m, receiver, callee.name));
      if (entry)
        return act(
          m,
          entry,
          `${receiver.kind === 'sum' ? 'Tensor.' : ''}${callee.name}`,
          withReceiver(receiver, args, site, entry),
          site,
          receiver,
        );
      if (receiver.kind === 'model')
        return isLossName(callee.name) ? unknownCall(m, callee.name, args, site) : applyModel(args, site);
      return unknownCall(
        m,
        `${site.receiver ? m.textOf(site.receiver.range, 32) : ''}.${callee.name}`,
        args,
        site,
        'call',
        receiver,
      );
    }
    case 'unknown': {
      // A method of something unknown means what it means on a tensor, an optimiser or a model: the name decides.
      if (site.receiver !== null && callee.name.includes('.')) {
        const entry = m.vocabulary.methodEntry(lastPart(callee.name), 'unknown');
        const receiver = site.receiverValue;
        if (entry && receiver !== null && receiver.kind !== 'choice')
          return act(m, entry, lastPart(callee.name), withReceiver(receiver, args, site, entry), site, receiver);
      }
      return unknownCall(m, callee.name, args, site, callee.from);
    }
    case 'nothing':
    case 'text':
    case 'truth':
      return unknown(m.textOf(site.range, 40), site.range, 'call');
    default:
      return unknownCall(m, m.textOf(site.expression.callee.range, 40), args, site);
  }
}

/** A catalogue entry does what it does. */
function act(
  m: Interpreter,
  entry: Entry,
  name: string,
  args: CallArguments,
  site: CallSite,
  receiver: Value | null = null,
): Value {
  switch (entry.effect) {
    case 'loss':
      if (entry.form === 'class')
        return {
          kind: 'loss-object',
          entry,
          arguments: args,
          range: m.record.lossObject(entry, args, site),
          statement: m.statement,
        };
      return applyLoss(m, entry, args, args, site.place);
    case 'optimizer':
      return m.record.optimizer(entry, args, site);
    case 'sink':
      return applySink(m, entry, args, site, receiver);
    case 'fit':
      return applyFit(m, entry, args, site);
    case 'reduce':
      return applyEffect(m, entry, receiver === null ? (entry.names[0] ?? name) : name, args, site, receiver);
    default:
      return applyEffect(m, entry, name, args, site, receiver);
  }
}

/** What a method is called on, in the catalogue's words. */
function receiverKind(m: Interpreter, receiver: Value, method: string): ReceiverKind {
  switch (receiver.kind) {
    case 'optimizer':
    case 'tape':
    case 'model':
    case 'batches':
      return receiver.kind;
    case 'record':
      return isModelInstance(m.vocabulary, receiver) || m.vocabulary.isMethod(method, 'model') ? 'model' : 'unknown';
    case 'sum':
    case 'batch':
    case 'repeated':
    case 'shape':
      return 'tensor';
    default:
      return 'unknown';
  }
}

function withReceiver(receiver: Value, args: CallArguments, site: CallSite, entry: Entry): CallArguments {
  if (entry.effect === 'sink' || entry.effect === 'fit') return args;
  return { ...args, positional: [{ value: receiver, range: site.receiver?.range ?? site.range }, ...args.positional] };
}

/** A layer or model maps examples to outputs, a row an example. */
export function applyModel(args: CallArguments, site: CallSite): Sum {
  const inputs = valuesOf(args);
  const batch = inputs.map(batchOf).find((b) => b !== null) ?? null;
  const output = outputSum(site.range, batch);
  const isSingle = inputs.some((v) => v.kind === 'sum' && v.row.single);
  return isSingle ? { ...output, row: { ...row([], 'I'), single: true } } : output;
}

/** An instance of one of the file's classes, called: its `forward` where it is a model, `__call__` elsewhere. */
function callInstance(m: Interpreter, instance: RecordValue, args: CallArguments, site: CallSite): Value {
  if (!instance.type) return unknownCall(m, instance.name, args, site);
  for (const name of callMethods(m.vocabulary, instance)) {
    const method = classMember(instance.type, name);
    if (method?.kind === 'closure') return callClosure(m, { ...method, self: instance }, args, site.range);
  }
  return isModelInstance(m.vocabulary, instance)
    ? applyModel(args, site)
    : unknownCall(m, instance.type.node.name, args, site);
}

/**
 * A call of something this file does not define. What looks like a loss is unknown and says so; a model or a helper on examples is taken to keep one
 * row an example.
 */
function unknownCall(
  m: Interpreter,
  name: string,
  args: CallArguments,
  site: CallSite,
  from: 'import' | 'call' | 'parameter' | 'config' | 'name' = 'call',
  receiver: Value | null = null,
): Value {
  const inputs = receiver ? [receiver, ...valuesOf(args)] : valuesOf(args);
  stepsOptimizer(m, name, inputs, site);
  const batch = inputs.map(batchOf).find((b) => b !== null) ?? null;
  const short = lastPart(name);
  if (isMetricName(short) && !isLossName(short))
    return single({ theta: 'no', examples: 'maybe', range: site.range, batch }, unknownRow);
  if (isLossName(short)) {
    return unknownSum(`\`${name.length > 40 ? short : name}\` is not defined in this file`, site.range, unknownRow, {
      batch,
      trace: [{ range: site.range, text: site.place.text, result: 'reduction unknown' }],
    });
  }
  const followed = inputs.find((v) => v.kind === 'sum' && v.terms.some((t) => t.theta !== 'no' && !isRaw(t)));
  if (followed) {
    return unknownSum(`what \`${short}\` makes of it is not known`, site.range, unknownRow, { batch });
  }
  const examples = inputs.some(holdsExamples);
  // What it is called where it is called says as much as where it came from: `model = build()`.
  const called = m.textOf(site.expression.callee.range, 40);
  const isModel = [name, called].some((n) => isModelName(lastPart(n)) || m.vocabulary.isUsedAsModel(n));
  if (examples && (isModel || batch !== null)) {
    const note = `\`${short}\` is taken to keep one row an example`;
    const output = applyModel(args, site);
    return isModel ? output : markAssumed(output, note);
  }
  return unknown(m.textOf(site.range, 40), site.range, from === 'import' ? 'import' : 'call', batch);
}

/** `super().__init__(…)`, `super().forward(x)`, `super(…)`. */
function superCall(m: Interpreter, e: Call, scope: Scope): Value | null {
  const named = (x: Expression) => x.kind === 'name' && x.name === 'super';
  const isSuper = (x: Expression) => named(x) || (x.kind === 'call' && named(x.callee));
  const { owner, self } = m.frame;
  const name =
    e.callee.kind === 'member' && isSuper(e.callee.object)
      ? e.callee.property
      : named(e.callee) && m.language !== 'python'
        ? 'constructor'
        : null;
  if (name === null || !owner || !self) return null;
  const args = evaluateArguments(m, e.arguments, scope);
  for (const base of owner.bases) {
    const method = base.kind === 'class' ? classMember(base, name) : null;
    if (method?.kind === 'closure') return callClosure(m, { ...method, self }, args, e.range);
  }
  if (/^(?:__init__|constructor)$/.test(name)) return nothing;
  const site: CallSite = {
    range: e.range,
    place: m.place(e.range),
    expression: e,
    scope,
    receiver: null,
    receiverValue: null,
  };
  return unknownCall(m, `super.${name}`, args, site);
}
