/** Expressions to values. */

import type { Range } from '../analysis.ts';
import { negate } from '../degree/algebra.ts';
import { constant, mapTerms, numberOf, type Sum, sizeOf } from '../degree/term.ts';
import type { Comprehension, Expression, Member } from '../syntax/tree.ts';
import { arithmetic } from './arithmetic.ts';
import { assign, truthOf } from './assignments.ts';
import { conditional } from './branches.ts';
import { evaluateCall } from './calls.ts';
import { classMember, isModelInstance } from './classes.ts';
import { compare, logical } from './comparisons.ts';
import { batchOf, parameterSum, readAs, toSum, unknown, unknownField } from './convert.ts';
import { propertyOf } from './effects.ts';
import { callClosure } from './functions.ts';
import { index } from './indexing.ts';
import type { Interpreter } from './interpreter.ts';
import { accumulate, elementOf, type Iteration, repeat } from './loops.ts';
import { isBatchSizeName, isConfigName, isModelName } from './names.ts';
import { same } from './same.ts';
import { Scope } from './store.ts';
import { forEach, nothing, type RecordValue, sequence, text, under, type Value } from './values.ts';

const MOST_UNROLLED = 6;

export function evaluate(m: Interpreter, e: Expression, scope: Scope): Value {
  if (!m.spend()) return unknown(m.textOf(e.range), e.range, 'name');
  switch (e.kind) {
    case 'name':
      return name(m, e.name, e.range, scope);
    case 'literal':
      return literal(e.value, e.range);
    case 'text':
      for (const part of e.parts) evaluate(m, part, scope);
      return text(null, e.range);
    case 'member':
      return under(member(m, e, scope), m.path);
    case 'index':
      return index(m, e, scope);
    case 'call':
      return evaluateCall(m, e, scope);
    case 'unary': {
      const operand = evaluate(m, e.operand, scope);
      if (e.operator === 'not') {
        const truth = truthOf(operand);
        return truth === null ? unknown(m.textOf(e.range), e.range, 'name') : { kind: 'truth', value: !truth };
      }
      if (e.operator === '+') return operand;
      return forEach(
        operand,
        (v) => {
          if (v.kind === 'gradients' || v.kind === 'nothing') return v;
          if (e.operator === '-') return negate(toSum(m, v, e.operand.range));
          if (e.operator === '~')
            return v.kind === 'sum' ? mapTerms(v, (t) => ({ ...t, theta: 'no', counts: 'mask' })) : v;
          return nothing;
        },
        same,
      );
    }
    case 'binary': {
      // A long sum leans to the left: its spine is walked, not recursed into.
      const spine = [e];
      for (let left = e.left; left.kind === 'binary'; left = left.left) spine.push(left);
      const start = evaluate(m, (spine.at(-1) as typeof e).left, scope);
      return spine.reduceRight(
        (value, b) => arithmetic(m, b.operator, value, evaluate(m, b.right, scope), b.range),
        start,
      );
    }
    case 'logical':
      return logical(m, e, scope);
    case 'compare':
      return compare(m, e, scope);
    case 'conditional':
      return conditional(
        m,
        e.test,
        scope,
        () => evaluate(m, e.then, scope),
        () => evaluate(m, e.otherwise, scope),
      );
    case 'lambda':
      return m.closure(e, scope, null);
    case 'collection': {
      const items: Value[] = [];
      for (const element of e.elements) {
        const value = evaluate(m, element.kind === 'spread' ? element.value : element, scope);
        if (element.kind !== 'spread') items.push(value);
        else if (value.kind === 'sequence') items.push(...value.items);
        else if (value.kind === 'repeated' && e.elements.length === 1) return value;
        else items.push(elementOf(m, value, m.textOf(element.range), element.range).element);
      }
      return sequence(items);
    }
    case 'dict': {
      const fields = new Map<string, Value>();
      let open = false;
      for (const entry of e.entries) {
        const value = evaluate(m, entry.value, scope);
        if (entry.key === null) {
          if (value.kind === 'record') for (const [k, v] of value.fields) fields.set(k, v);
          else open = true;
          continue;
        }
        const key = evaluate(m, entry.key, scope);
        const keyText = key.kind === 'text' ? key.value : key.kind === 'sum' ? String(numberOf(key)) : null;
        if (keyText === null) open = true;
        else fields.set(keyText, value);
      }
      return { kind: 'record', fields, type: null, name: m.textOf(e.range, 24), open };
    }
    case 'comprehension':
      return comprehension(m, e, scope);
    case 'await':
      return evaluate(m, e.operand, scope);
    case 'yield': {
      const value = e.operand ? evaluate(m, e.operand, scope) : nothing;
      m.frame.yields.push(value);
      return unknown('yield', e.range, 'name');
    }
    case 'assign-expression': {
      const value = evaluate(m, e.value, scope);
      const bound = e.operator === null ? value : accumulate(m, e.target, e.operator, value, e.range, scope);
      assign(m, e.target, bound, scope, e.operator !== null);
      return bound;
    }
    case 'opaque': {
      const values = e.children.map((c) => evaluate(m, c, scope));
      return unknown(m.textOf(e.range), e.range, 'name', values.map(batchOf).find((b) => b !== null) ?? null);
    }
  }
}

function literal(value: number | string | boolean | null, range: Range): Value {
  if (typeof value === 'number') return constant(value, range);
  if (typeof value === 'string') return text(value, range);
  if (typeof value === 'boolean') return { kind: 'truth', value };
  return nothing;
}

function name(m: Interpreter, id: string, range: Range, scope: Scope): Value {
  const holder = scope.find(id);
  if (holder) return readAs(m, id, under(holder.variables.get(id) as Value, m.path), range);
  if (m.language !== 'python') {
    if (id === 'this') return unknown('this', range, 'name');
    return { kind: 'api', name: `globals.${id}` };
  }
  const customary = m.importsAll ? m.vocabulary.customaryName(id) : null;
  if (customary) return { kind: 'api', name: customary };
  // A name that nothing binds is a builtin, or comes from a star import.
  return m.vocabulary.isBuiltin(id)
    ? { kind: 'api', name: `builtins.${id}` }
    : readAs(m, id, unknown(id, range, isConfigName(id) ? 'config' : 'name'), range);
}

function member(m: Interpreter, e: Member, scope: Scope): Value {
  const object = evaluate(m, e.object, scope);
  return forEach(object, (v) => memberOf(m, v, e.property, e.range, e.propertyRange), same);
}

export function memberOf(m: Interpreter, v: Value, property: string, range: Range, propertyRange: Range): Value {
  switch (v.kind) {
    case 'api': {
      const name = `${v.name}.${property}`;
      if (property === 'newaxis') return nothing;
      // The object that holds the flags is read, not called.
      return /FLAGS$/.test(property) && m.vocabulary.entry(name)?.effect === 'flags'
        ? m.flags.values
        : { kind: 'api', name };
    }
    case 'record':
      return recordField(m, v, property, range, propertyRange);
    case 'class':
      return classMember(v, property) ?? unknown(`${v.node.name}.${property}`, range, 'name');
    case 'unknown': {
      if (isParameterName(property) && isModelName(v.name.replace(/\.\w+$/, ''))) return parameterSum(range);
      const read = propertyOf(m, v, property, range, 'unknown');
      return read ?? readAs(m, property, unknownField(v, property, range), range);
    }
    case 'sum':
      return (
        propertyOf(m, v, property, range, 'tensor') ?? {
          kind: 'method',
          receiver: v,
          name: property,
          range: propertyRange,
        }
      );
    case 'batch':
      if (isBatchSizeName(property)) return sizeOf(['B'], 'actual', range);
      return (
        propertyOf(m, v, property, range, 'tensor') ??
        (m.vocabulary.isMethod(property, 'tensor')
          ? { kind: 'method', receiver: v, name: property, range: propertyRange }
          : v)
      );
    case 'model':
      if (isParameterName(property)) return parameterSum(range);
      return (
        propertyOf(m, v, property, range, 'model') ?? {
          kind: 'method',
          receiver: v,
          name: property,
          range: propertyRange,
        }
      );
    case 'sequence':
    case 'repeated':
      if (property === 'length')
        return v.kind === 'sequence'
          ? constant(v.items.length, range)
          : (v.length ?? sizeOf(v.count ? (Object.keys(v.count) as 'B'[]) : [], 'actual', range));
      return { kind: 'method', receiver: v, name: property, range: propertyRange };
    case 'nothing':
      return unknown(m.textOf(range), range, 'name');
    default:
      return { kind: 'method', receiver: v, name: property, range: propertyRange };
  }
}

/** What layers call their parameters. */
const isParameterName = (name: string): boolean =>
  /^(?:weight|bias|kernel|weight_[gv]|in_proj_weight|\w+_weights)$/.test(name);

function recordField(m: Interpreter, v: RecordValue, property: string, range: Range, propertyRange: Range): Value {
  const own = v.fields.get(property);
  if (own) return readAs(m, property, own, range);
  const inherited = v.type ? classMember(v.type, property) : null;
  if (inherited?.kind === 'closure') {
    const bound = { ...inherited, self: v };
    const isGetter =
      inherited.node.kind === 'function' &&
      (inherited.node.isGetter || inherited.node.decorators.some((d) => d.kind === 'name' && /property$/.test(d.name)));
    return isGetter ? callClosure(m, bound, { positional: [], named: new Map(), spread: false }, range) : bound;
  }
  if (inherited) return readAs(m, property, inherited, range);
  if (v.type === null && !v.open) return { kind: 'method', receiver: v, name: property, range: propertyRange };
  const viaModel = isModelInstance(m.vocabulary, v) ? propertyOf(m, v, property, range, 'model') : null;
  if (viaModel) return viaModel;
  if (v.type !== null && (m.vocabulary.isMethod(property, 'model') || isModelName(property)))
    return { kind: 'method', receiver: v, name: property, range: propertyRange };
  return readAs(
    m,
    property,
    unknown(
      `${v.name}.${property}`,
      range,
      v.type === null || isConfigName(v.name) || isConfigName(property) ? 'config' : 'name',
    ),
    range,
  );
}

function comprehension(m: Interpreter, e: Comprehension, scope: Scope): Value {
  const inner = new Scope(scope, 'comprehension');
  const [first] = e.clauses;
  const over = first ? evaluate(m, first.iterable, scope) : nothing;
  if (
    e.clauses.length === 1 &&
    first &&
    first.conditions.length === 0 &&
    e.type !== 'dict' &&
    over.kind === 'sequence' &&
    over.items.length <= MOST_UNROLLED
  ) {
    return sequence(
      over.items.map((item) => {
        assign(m, first.target, item, inner);
        return evaluate(m, e.element, inner);
      }),
    );
  }
  const loops: Iteration[] = [];
  for (const clause of e.clauses) {
    const iterable = clause === first ? over : evaluate(m, clause.iterable, inner);
    const iteration = elementOf(m, iterable, m.textOf(clause.iterable.range, 40), clause.iterable.range);
    // A condition keeps some of the entries: their number grows as before, only its value is not known.
    const some = clause.conditions.length > 0 && iteration.length !== null;
    loops.push(
      some
        ? {
            ...iteration,
            length: mapTerms(iteration.length as Sum, (t) => ({ ...t, coefficient: { value: null, text: 'some of' } })),
          }
        : iteration,
    );
    m.loops.push(loops.at(-1) as Iteration);
    assign(m, clause.target, iteration.element, inner);
    for (const condition of clause.conditions) evaluate(m, condition, inner);
  }
  if (e.key) evaluate(m, e.key, inner);
  const element = evaluate(m, e.element, inner);
  m.loops.length -= loops.length;
  return repeat(element, loops);
}
