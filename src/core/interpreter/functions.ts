/** Calls of the file's own functions and classes: arguments to parameters, and what happens where nobody calls. */
import type { Range } from '../analysis.ts';
import { mapTerms } from '../degree/term.ts';
import type { Parameter } from '../syntax/tree.ts';
import { assign } from './assignments.ts';
import { isStatic } from './classes.ts';
import { batchOf, unknown } from './convert.ts';
import { evaluate } from './expressions.ts';
import type { Interpreter } from './interpreter.ts';
import { isConfigName } from './names.ts';
import { Scope } from './store.ts';
import {
  type CallArguments,
  type ClassValue,
  type Closure,
  nothing,
  type RecordValue,
  sequence,
  type Value,
} from './values.ts';

export const emptyArguments: CallArguments = { positional: [], named: new Map(), spread: false };

/** All argument values, in order. */
export const valuesOf = (args: CallArguments): Value[] =>
  [...args.positional, ...args.named.values()].map((a) => a.value);

export function callClosure(m: Interpreter, closure: Closure, args: CallArguments, range: Range): Value {
  const scope = new Scope(closure.scope, closure.node.name ?? 'lambda');
  bind(m, closure, args, scope);
  const batch =
    valuesOf(args)
      .map(batchOf)
      .find((b) => b !== null) ?? null;
  return m.invoke(closure, scope) ?? unknown(m.textOf(range, 40), range, 'call', batch);
}

/** A function that nothing in the file calls: its parameters are what their names and defaults tell. */
export function callWithoutArguments(m: Interpreter, closure: Closure): void {
  const scope = new Scope(closure.scope, closure.node.name ?? 'lambda');
  const parameters = ownParameters(m, closure);
  for (const p of parameters) {
    const value = p.default ? evaluate(m, p.default, closure.scope) : null;
    assign(m, p.target, uncalledValue(m, p, value), scope);
  }
  bindSelf(m, closure, scope);
  m.invoke(closure, scope);
}

/** Numbers and names keep their defaults, marked as such; switches stay open so that both sides are seen. */
function uncalledValue(m: Interpreter, p: Parameter, value: Value | null): Value {
  if (p.kind === 'rest') return unknown(m.textOf(p.range), p.range, 'parameter');
  if (value?.kind === 'sum') return mapTerms(value, (t) => ({ ...t, origin: 'argument-default' }));
  if (value !== null && value.kind !== 'nothing' && value.kind !== 'truth' && value.kind !== 'unknown') return value;
  const name = p.target.kind === 'name' ? p.target.name : m.textOf(p.target.range);
  return unknown(name, p.range, p.kind === 'keyword-rest' || isConfigName(name) ? 'config' : 'parameter');
}

/** Parameters without the receiver, which Python writes as the first of them. */
function ownParameters(m: Interpreter, closure: Closure): readonly Parameter[] {
  const { parameters } = closure.node;
  return takesReceiver(m, closure) ? parameters.slice(1) : parameters;
}

const takesReceiver = (m: Interpreter, closure: Closure): boolean =>
  m.language === 'python' && closure.self !== null && closure.node.kind === 'function' && !isStatic(closure.node);

function bindSelf(m: Interpreter, closure: Closure, scope: Scope): void {
  if (closure.self === null) return;
  if (m.language !== 'python') m.define(scope, 'this', closure.self);
  else if (takesReceiver(m, closure)) {
    const target = closure.node.parameters[0]?.target;
    if (target?.kind === 'name') m.define(scope, target.name, closure.self);
  }
}

function bind(m: Interpreter, closure: Closure, args: CallArguments, scope: Scope): void {
  bindSelf(m, closure, scope);
  const positional = [...closure.bound.positional, ...args.positional.map((a) => a.value)];
  const named = new Map<string, Value>([
    ...closure.bound.named,
    ...[...args.named].map(([k, a]) => [k, a.value] as const),
  ]);
  let next = 0;
  for (const p of ownParameters(m, closure)) {
    const name = p.target.kind === 'name' ? p.target.name : null;
    if (p.kind === 'rest') {
      assign(
        m,
        p.target,
        args.spread ? unknown(name ?? 'arguments', p.range, 'parameter') : sequence(positional.slice(next)),
        scope,
      );
      next = positional.length;
    } else if (p.kind === 'keyword-rest') {
      const rest: RecordValue = {
        kind: 'record',
        fields: new Map(named),
        type: null,
        name: name ?? 'options',
        open: args.spread,
      };
      assign(m, p.target, rest, scope);
    } else {
      const given =
        name !== null && named.has(name)
          ? (named.get(name) as Value)
          : p.kind === 'positional' && next < positional.length
            ? (positional[next++] as Value)
            : null;
      if (name !== null) named.delete(name);
      const missing = () => (args.spread ? unknown(name ?? 'argument', p.range, 'parameter') : nothing);
      const value = given ?? (p.default ? evaluate(m, p.default, closure.scope) : missing());
      // JavaScript takes the default for `undefined` too.
      assign(
        m,
        p.target,
        value.kind === 'nothing' && p.default && m.language !== 'python'
          ? evaluate(m, p.default, closure.scope)
          : value,
        scope,
      );
    }
  }
}

export function construct(m: Interpreter, type: ClassValue, args: CallArguments, range: Range): RecordValue {
  return m.instantiate(type, (self, initialise) => {
    if (initialise) callClosure(m, { ...initialise, self }, args, range);
    else dataclassFields(m, type, args, self);
  });
}

/** A class without a constructor takes its annotated fields in order: dataclasses, named tuples. */
function dataclassFields(m: Interpreter, type: ClassValue, args: CallArguments, self: RecordValue): void {
  const names = [...type.fields.keys()].filter((k) => type.fields.get(k)?.kind !== 'closure');
  args.positional.forEach((a, i) => {
    const name = names[i];
    if (name !== undefined) m.store.write(self.fields, name, a.value);
  });
  for (const [name, a] of args.named) m.store.write(self.fields, name, a.value);
}
